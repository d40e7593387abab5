import type { Link } from './Link.js';

/** What a link needs of a WebSocket; the sockets of package ws have it. */
export interface Socket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  binaryType: string;
  send(data: Buffer, options: { binary: boolean; compress: boolean }, done: () => void): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'ping' | 'pong', listener: () => void): unknown;
}

export interface Liveness {
  /** Milliseconds between pings, where there is nothing else to hear. Default 2000; 0 for none. */
  pingInterval?: number;
  /** Milliseconds without a sign of life after which the other end counts as dead. Default 6000. */
  deadAfter?: number;
}

export interface SocketLinkOptions extends Liveness {
  /** Called with the number of bytes of each frame. */
  onBytes?: (direction: 'in' | 'out', bytes: number) => void;
  /**
   * Called with the seconds that a ping and its answer took. With it the link pings at every
   * interval, also where there is something else to hear.
   */
  onRoundTrip?: (seconds: number) => void;
}

/** Reasons travel in a close frame, which holds 123 bytes of them. */
const maxReasonBytes = 123;
const normalClosure = 1000;
/**
 * Bytes that may be on their way when the link is closed. Beyond, the other end does not read, and
 * what it does not read would stay in memory until the closing handshake has timed out.
 */
const worthWaitingFor = 1024 * 1024;

/** A link over a WebSocket that is already open. */
export class SocketLink implements Link {
  onFrame: ((frame: Buffer) => void) | undefined;
  onClose: ((reason: string) => void) | undefined;
  readonly #socket: Socket;
  readonly #pingInterval: number;
  readonly #deadAfter: number;
  readonly #onBytes: SocketLinkOptions['onBytes'];
  readonly #onRoundTrip: SocketLinkOptions['onRoundTrip'];
  #timer: NodeJS.Timeout | undefined;
  #heard = performance.now();
  #said = performance.now();
  /** When the ping was sent that has not been answered. */
  #pinged: number | undefined;
  /** When the next beat is due. */
  #due = 0;
  #reason: string | undefined;

  constructor(socket: Socket, options: SocketLinkOptions = {}) {
    const { pingInterval = 2000, deadAfter = 6000, onBytes, onRoundTrip } = options;
    const alive = () => {
      this.#heard = performance.now();
    };

    this.#socket = socket;
    this.#onBytes = onBytes;
    this.#onRoundTrip = onRoundTrip;
    this.#pingInterval = pingInterval;
    this.#deadAfter = deadAfter;
    socket.binaryType = 'nodebuffer';
    socket.on('ping', () => {
      alive();
      // The socket answers by itself.
      this.#said = this.#heard;
    });
    socket.on('pong', () => {
      alive();
      this.#ponged();
    });
    socket.on('message', (data, isBinary) => {
      alive();
      onBytes?.('in', data.length);
      if (isBinary) {
        this.onFrame?.(data);
      } else {
        this.close('text messages are not allowed');
      }
    });
    // 'close' follows every error.
    socket.on('error', (error) => {
      this.#reason ??= error.message;
    });
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));

    if (pingInterval > 0) {
      this.#planBeat(this.#heard);
    }
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Buffer): void {
    this.#said = performance.now();
    this.#onBytes?.('out', frame.length);
    // Failures show as 'close'.
    this.#socket.send(frame, { binary: true, compress: false }, () => undefined);
  }

  close(reason = ''): void {
    this.#reason ??= reason;
    if (this.#socket.bufferedAmount > worthWaitingFor) {
      this.#socket.terminate();
    } else {
      this.#socket.close(normalClosure, truncate(reason));
    }
  }

  /** In time for the next ping, or for the moment from which on the other end counts as dead. */
  #planBeat(now: number): void {
    const left = this.#heard + this.#deadAfter - now;
    const delay = Math.max(1, Math.min(this.#pingInterval, left));

    this.#due = now + delay;
    this.#timer = setTimeout(() => this.#beat(), delay);
    this.#timer.unref();
  }

  #beat(): void {
    const now = performance.now();

    if (now - this.#due > this.#pingInterval) {
      // It was this process that stood still: signs of life may be waiting to be read.
      this.#heard = now;
    }

    const silence = now - this.#heard;

    if (silence >= this.#deadAfter) {
      this.#reason ??= `no sign of life for ${Math.round(silence)} ms`;
      this.#socket.terminate();

      return;
    }
    // One end's pings keep both content: the other has just heard and answered one.
    if (this.#onRoundTrip || now - Math.min(this.#heard, this.#said) >= this.#pingInterval / 2) {
      this.#said = now;
      // One that takes longer than the interval is measured as a whole.
      this.#pinged ??= now;
      this.#socket.ping();
    }
    this.#planBeat(now);
  }

  #ponged(): void {
    if (this.#pinged !== undefined) {
      this.#onRoundTrip?.((this.#heard - this.#pinged) / 1000);
      this.#pinged = undefined;
    }
  }

  #closed(code: number, reason: string): void {
    clearTimeout(this.#timer);
    this.onFrame = undefined;
    this.onClose?.((reason || this.#reason) ?? `connection closed (${code})`);
  }
}

function truncate(reason: string): string {
  // A reason may hold what the other end sent: cut at once, then by the character.
  let text = reason.slice(0, maxReasonBytes);

  while (Buffer.byteLength(text) > maxReasonBytes) {
    text = text.slice(0, -1);
  }

  return text;
}
