/*
 * What a sequence is made of. All of it is data, so that one sequence can be executed on several
 * targets, printed, and made smaller.
 */

/** Stands in the arguments for what only exists when the sequence runs. */
export type Token =
  | { $: 'undefined' }
  | { $: 'nan' }
  | { $: 'function' }
  | { $: 'date' }
  /** An object of the sequence. */
  | { $: 'object'; ref: string }
  /** The id of an object of the sequence. */
  | { $: 'id'; ref: string }
  /** `rtpCapabilities` of a router of the sequence. */
  | { $: 'capabilities'; ref: string }
  /** Port of a socket that takes everything and answers nothing. */
  | { $: 'port' }
  | { $: 'buffer'; bytes: number[] }
  | { $: 'rtp'; payloadType: number; ssrc: number; index: number; keyFrame: boolean };

export type Argument =
  | null
  | boolean
  | number
  | string
  | Token
  | readonly Argument[]
  | { readonly [key: string]: Argument };

/** One thing done to one object, without waiting for anything. */
export type Operation =
  | { id: string; on: string; call: string; args: readonly Argument[] }
  | { id: string; on: string; set: 'appData'; value: Argument }
  /** Begins, or ends, to listen to events that come at a high rate. */
  | { id: string; on: string; listen: boolean; events: readonly string[] }
  /** Kills the worker's process. */
  | { id: string; on: string; kill: true };

/** Operations that begin in one synchronous block; the next step begins when all is quiet. */
export type Step = readonly Operation[];

/** Whether operations of the step, or the calls that mediasoup makes for one, can overtake others. */
export function isRaced(step: Step): boolean {
  return (
    step.length > 1 ||
    step.some((operation) => 'call' in operation && operation.call === 'pipeToRouter')
  );
}

/** When the listeners of high-rate events are added. */
export type Listening = 'announced' | 'resolved' | 'asked';

export interface Sequence {
  seed: number;
  listening: Listening;
  steps: readonly Step[];
}

export function isToken(argument: unknown): argument is Token {
  return typeof argument === 'object' && argument !== null && '$' in argument;
}

function show(argument: Argument): string {
  if (isToken(argument)) {
    switch (argument.$) {
      case 'object':
        return argument.ref;
      case 'id':
        return `${argument.ref}.id`;
      case 'capabilities':
        return `${argument.ref}.rtpCapabilities`;
      case 'buffer':
        return `Buffer(${argument.bytes.join(' ')})`;
      case 'rtp':
        return `rtp(${argument.ssrc}#${argument.index}${argument.keyFrame ? ', key frame' : ''})`;
      default:
        return `<${argument.$}>`;
    }
  }
  if (Array.isArray(argument)) {
    return `[${(argument as readonly Argument[]).map(show).join(', ')}]`;
  }
  if (typeof argument === 'object' && argument !== null) {
    const entries = Object.entries(argument).map(([key, value]) => `${key}: ${show(value)}`);

    return `{ ${entries.join(', ')} }`;
  }

  return JSON.stringify(argument);
}

export function showOperation(operation: Operation): string {
  const { id, on } = operation;

  if ('call' in operation) {
    return `${id} = ${on}.${operation.call}(${operation.args.map(show).join(', ')})`;
  }
  if ('set' in operation) {
    return `${id}: ${on}.${operation.set} = ${show(operation.value)}`;
  }
  if ('kill' in operation) {
    return `${id}: kill the process of ${on}`;
  }

  return `${id}: ${operation.listen ? 'listen to' : 'ignore'} ${operation.events.join(', ')} of ${on}`;
}

export function showSequence({ seed, listening, steps }: Sequence): string {
  const lines = steps.map(
    (step, index) => `${String(index).padStart(3)}  ${step.map(showOperation).join('\n     ')}`,
  );

  return [`seed ${seed}, listeners added when ${listening}`, ...lines].join('\n');
}
