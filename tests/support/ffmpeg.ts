import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** Debian's package `ffmpeg`. */
const EXECUTABLE = process.env['FFMPEG_BIN'] ?? '/usr/bin/ffmpeg';

export interface RtpDestination {
  rtpPort: number;
  /** The same as `rtpPort` if both are multiplexed. */
  rtcpPort: number;
}

export interface RtpClip {
  /** Options for input and encoder. */
  source: readonly string[];
  encoder: readonly string[];
  /** In seconds. */
  duration: number;
  payloadType: number;
  ssrc: number;
  destinations: readonly RtpDestination[];
}

/**
 * Has ffmpeg encode a clip once and send it, at its natural pace, to several places on loopback:
 * the same payloads to each. The streams end with RTCP BYE. Resolves when ffmpeg has ended.
 *
 * @throws Error when ffmpeg is not installed or fails.
 */
export async function sendClip(clip: RtpClip): Promise<void> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`${EXECUTABLE} is missing: apt-get install --no-install-recommends ffmpeg`);
  }

  const child = spawn(EXECUTABLE, argumentsFor(clip), { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  const ended = once(child, 'close');

  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));

  const [code, signal] = (await ended) as [number | null, string | null];

  if (code !== 0) throw new Error(`ffmpeg ended (${code ?? signal}): ${errors.join('')}`);
}

function argumentsFor(clip: RtpClip): string[] {
  const options = [
    'f=rtp',
    `payload_type=${clip.payloadType}`,
    `ssrc=${clip.ssrc}`,
    'rtpflags=send_bye',
  ].join(':');
  const outputs = clip.destinations.map(
    ({ rtpPort, rtcpPort }) =>
      `[${options}]rtp://127.0.0.1:${rtpPort}?rtcpport=${rtcpPort}&pkt_size=1200`,
  );

  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-re'],
    ...clip.source,
    ...['-t', String(clip.duration), '-map', '0'],
    ...clip.encoder,
    ...['-f', 'tee', outputs.join('|')],
  ];
}
