import { Mirror } from './Mirror.js';

interface Naming {
  producer: unknown;
}

/**
 * Arguments of an event that names objects. A producer that closed while the event was on its way is
 * left out where mediasoup leaves it out: of who is loud and of who speaks.
 *
 * @returns Undefined if nothing is left to tell.
 */
export function namingOpenProducers(event: string, args: unknown[]): unknown[] | undefined {
  switch (event) {
    case 'volumes': {
      const volumes = (args[0] as Naming[]).filter(namesOpenProducer);

      return volumes.length > 0 ? [volumes] : undefined;
    }
    case 'dominantspeaker':
      return namesOpenProducer(args[0] as Naming) ? args : undefined;
    default:
      return args;
  }
}

function namesOpenProducer({ producer }: Naming): boolean {
  return producer instanceof Mirror && !producer.closed;
}
