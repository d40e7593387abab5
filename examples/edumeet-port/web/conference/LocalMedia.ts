import type { Source } from '../../shared/protocol.js';
import { DeviceError } from './errors.js';

export interface VideoSize {
  width: number;
  height: number;
}

const DEFAULT_SIZE: VideoSize = { width: 1280, height: 720 };

/** `?video=640x360` in the address asks the camera for another size. */
export function videoSizeFrom(search: string): VideoSize {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(new URLSearchParams(search).get('video') ?? '');
  return match ? { width: Number(match[1]), height: Number(match[2]) } : DEFAULT_SIZE;
}

/** Our own camera and microphone. The tracks outlive a lost connection. */
export class LocalMedia {
  readonly #size: VideoSize;
  readonly #tracks = new Map<Source, MediaStreamTrack>();

  constructor(size: VideoSize) {
    this.#size = size;
  }

  /**
   * Starts several devices behind a single permission question. Failing is left to
   * {@link start}, which then says which of them it was.
   */
  async startTogether(sources: Source[]): Promise<void> {
    const constraints = Object.assign({}, ...sources.map((source) => this.#constraints(source)));
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of stream.getTracks()) {
        this.#tracks.set(track.kind === 'video' ? 'camera' : 'microphone', track);
      }
    } catch {
      // See above.
    }
  }

  /** Starts a device, unless it runs. @throws DeviceError */
  async start(source: Source): Promise<MediaStreamTrack> {
    const running = this.#tracks.get(source);
    if (running?.readyState === 'live') return running;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(source));
      const [track] = stream.getTracks();
      if (!track) throw new Error('no track');
      this.#tracks.set(source, track);
      return track;
    } catch (cause) {
      throw new DeviceError(source, cause);
    }
  }

  /** Stops a device: a camera's light goes out. */
  stop(source: Source): void {
    this.#tracks.get(source)?.stop();
    this.#tracks.delete(source);
  }

  stopAll(): void {
    for (const source of [...this.#tracks.keys()]) this.stop(source);
  }

  #constraints(source: Source): MediaStreamConstraints {
    if (source === 'microphone') {
      return { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
    }
    const { width, height } = this.#size;
    return {
      video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } },
    };
  }
}
