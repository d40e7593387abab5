import type { types } from 'mediasoup';

interface Visible {
  pid: number;
  routers: Iterable<{ readonly id: string }>;
  webRtcServers: Iterable<{ readonly id: string }>;
}

/** One dump of several workers, with the objects that the application knows. */
export function mergeWorkerDumps(
  dumps: readonly types.WorkerDump[],
  { pid, routers, webRtcServers }: Visible,
): types.WorkerDump {
  const handlers = dumps.map(({ channelMessageHandlers }) => channelMessageHandlers);

  return {
    ...dumps[0]!,
    pid,
    webRtcServerIds: [...webRtcServers].map(({ id }) => id),
    routerIds: [...routers].map(({ id }) => id),
    channelMessageHandlers: {
      channelRequestHandlers: handlers.flatMap((handler) => handler.channelRequestHandlers),
      channelNotificationHandlers: handlers.flatMap(
        (handler) => handler.channelNotificationHandlers,
      ),
    },
  };
}
