import {
  apiFingerprint,
  apiVersion,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  MessageType,
  type Frame,
  type Link,
  type Message,
  type ResumeRequest,
  type Welcome,
} from '@tureen/protocol';
import { until } from '../support/events.js';

/** A client whose every frame is the test's own. */
export class RawSession {
  readonly frames: Frame[] = [];
  closed: string | undefined;
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
    link.onFrame = (data) => this.frames.push(decodeFrame(data, false));
    link.onClose = (reason) => (this.closed = reason);
  }

  /** Says hello and gives the welcome. */
  async greet(resume?: ResumeRequest): Promise<Welcome> {
    this.hello(resume);
    await until('a welcome', () => this.frames.length > 0);

    const [message] = this.frames[0]?.messages ?? [];

    if (message?.[0] !== MessageType.welcome) {
      throw new Error(`no welcome but ${JSON.stringify(message)}`);
    }

    return message[1];
  }

  hello(resume?: ResumeRequest): void {
    this.send(0, 0, [
      MessageType.hello,
      { client: 'raw', api: apiVersion, fingerprint: apiFingerprint, resume },
    ]);
  }

  send(sequence: number, acknowledged: number, ...messages: Message[]): void {
    this.#link.send(encodeFrame(sequence, acknowledged, messages.map(encodeMessage)));
  }

  /** Sends bytes that somebody else sent before. */
  replay(frame: Buffer): void {
    this.#link.send(frame);
  }

  close(): void {
    this.#link.close('closed by the test');
  }
}
