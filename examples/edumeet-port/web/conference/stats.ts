import type { ConferenceState, RemoteMedia } from './state.js';

export interface PeerStats {
  displayName: string;
  video?: {
    framesDecoded: number;
    frameWidth: number;
    frameHeight: number;
    packetsReceived: number;
    paused: boolean;
  };
  audio?: { packetsReceived: number; totalAudioEnergy: number; paused: boolean };
}

/** What the browser really receives from each remote peer, by peer id. */
export async function collectStats(state: ConferenceState): Promise<Record<string, PeerStats>> {
  const entries = Array.from(state.peers.values(), async (peer) => {
    const [camera, microphone] = await Promise.all([
      inbound(peer.camera),
      inbound(peer.microphone),
    ]);
    const stats: PeerStats = { displayName: peer.displayName };
    if (camera) {
      stats.video = {
        framesDecoded: camera.framesDecoded ?? 0,
        frameWidth: camera.frameWidth ?? 0,
        frameHeight: camera.frameHeight ?? 0,
        packetsReceived: camera.packetsReceived ?? 0,
        paused: camera.paused,
      };
    }
    if (microphone) {
      stats.audio = {
        packetsReceived: microphone.packetsReceived ?? 0,
        totalAudioEnergy: microphone.totalAudioEnergy ?? 0,
        paused: microphone.paused,
      };
    }
    return [peer.id, stats] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

type Inbound = Partial<RTCInboundRtpStreamStats> & { paused: boolean };

async function inbound(media: RemoteMedia | undefined): Promise<Inbound | undefined> {
  const { consumer } = media ?? {};
  if (!media || !consumer || consumer.closed) return undefined;
  const paused = consumer.paused || media.producerPaused;
  for (const report of (await consumer.getStats()).values() as Iterable<RTCStats>) {
    if (report.type === 'inbound-rtp') return { ...(report as RTCInboundRtpStreamStats), paused };
  }
  return { paused };
}
