import type { types } from 'mediasoup';
import { knownAs, unique, type Names } from './names.js';

interface WorkerNames {
  readonly routers: Names;
  readonly webRtcServers: Names;
}

/** One dump of several workers, with the objects that the application knows. */
export function mergeWorkerDumps(
  dumps: readonly types.WorkerDump[],
  pid: number,
  { routers, webRtcServers }: WorkerNames,
): types.WorkerDump {
  const handlers = dumps.map(({ channelMessageHandlers }) => channelMessageHandlers);
  const shown = (ids: readonly string[], names: Names) =>
    unique([...knownAs(ids, names), ...names.alone]);

  return {
    ...dumps[0]!,
    pid,
    webRtcServerIds: shown(
      dumps.flatMap(({ webRtcServerIds }) => webRtcServerIds),
      webRtcServers,
    ),
    routerIds: shown(
      dumps.flatMap(({ routerIds }) => routerIds),
      routers,
    ),
    channelMessageHandlers: {
      channelRequestHandlers: handlers.flatMap((handler) => handler.channelRequestHandlers),
      channelNotificationHandlers: handlers.flatMap(
        (handler) => handler.channelNotificationHandlers,
      ),
    },
  };
}
