import type { types } from 'mediasoup';

export function mergeWebRtcServerDumps(
  id: string,
  dumps: readonly types.WebRtcServerDump[],
): types.WebRtcServerDump {
  return {
    id,
    udpSockets: dumps.flatMap(({ udpSockets }) => udpSockets),
    tcpServers: dumps.flatMap(({ tcpServers }) => tcpServers),
    webRtcTransportIds: dumps.flatMap(({ webRtcTransportIds }) => webRtcTransportIds),
    localIceUsernameFragments: dumps.flatMap((dump) => dump.localIceUsernameFragments),
  };
}
