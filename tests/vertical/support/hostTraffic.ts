import { hostOf } from '@tureen/manager';
import type { VerticalRoom } from './verticalRoom.js';

export interface HostTraffic {
  /** Consumers of pipes, and the fewest that could serve those of the application. */
  pipes: number;
  leastPipes: number;
  /** Consumers of pipes between two hosts, and the fewest. */
  crossings: number;
  leastCrossings: number;
  /** Copies that nobody consumes where they are, but that are copied further. */
  relays: string[];
  /** Those of them that are not on the host of the original. */
  entries: string[];
}

/** Who is where and what is piped, by the workers' own word. */
export async function hostTraffic(room: VerticalRoom): Promise<HostTraffic> {
  const routers = await Promise.all(
    room.described().realRouters.map(async ({ id }) => ({
      id,
      host: hostOf(room.realRouter(id))!.id,
      ...(await room.trafficOf(id)),
    })),
  );
  const homes = new Map(routers.flatMap((at) => at.own.map((id) => [id, at])));
  const byPort = new Map(routers.flatMap((at) => at.ends.map((end) => [end.localPort, at])));
  const streams = routers.flatMap((from) =>
    from.sent.map(({ producerId, remotePort }) => ({
      producerId,
      from,
      to: byPort.get(remotePort)!,
    })),
  );
  const watched = routers.flatMap((at) =>
    at.watched
      .map((id) => ({ id, home: homes.get(id)!, at }))
      .filter(({ home }) => home.id !== at.id),
  );
  const relays = streams.filter(
    ({ producerId, to }) =>
      !to.watched.includes(producerId) &&
      to.sent.some((further) => further.producerId === producerId),
  );
  const named = ({ producerId, to }: (typeof relays)[number]) => `${producerId} on ${to.host}`;

  return {
    pipes: streams.length,
    leastPipes: new Set(watched.map(({ id, at }) => `${id} in ${at.id}`)).size,
    crossings: streams.filter(({ from, to }) => from.host !== to.host).length,
    leastCrossings: new Set(
      watched
        .filter(({ home, at }) => home.host !== at.host)
        .map(({ id, at }) => `${id} on ${at.host}`),
    ).size,
    relays: relays.map(named),
    entries: relays
      .filter(({ producerId, to }) => homes.get(producerId)!.host !== to.host)
      .map(named),
  };
}
