const headersEnd = Buffer.from('\r\n\r\n');
const firstControlOpcode = 8;

/** Counts the WebSocket frames in one direction of a connection, whatever the chunks they come in. */
export class FrameCounter {
  /** The HTTP headers of the handshake. */
  headers = '';
  /** Frames that carry messages, and their bytes with headers. */
  data = { frames: 0, bytes: 0 };
  /** Pings, pongs, closes. */
  control = { frames: 0, bytes: 0 };
  #upgraded = false;
  #pending = Buffer.alloc(0);
  #payloadLeft = 0;

  push(chunk) {
    let rest = chunk;
    if (!this.#upgraded) {
      rest = this.#readHeaders(chunk);
    }
    while (rest.length > 0) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, rest.length);
        this.#payloadLeft -= skipped;
        rest = rest.subarray(skipped);
      } else {
        rest = this.#readFrameHeader(rest);
      }
    }
  }

  #readHeaders(chunk) {
    const all = Buffer.concat([this.#pending, chunk]);
    const end = all.indexOf(headersEnd);
    if (end < 0) {
      this.#pending = all;
      return Buffer.alloc(0);
    }
    this.#upgraded = true;
    this.#pending = Buffer.alloc(0);
    this.headers = all.toString('latin1', 0, end);
    return all.subarray(end + headersEnd.length);
  }

  /** RFC 6455, section 5.2. */
  #readFrameHeader(chunk) {
    const all = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    const short = all.length > 1 ? all[1] & 0x7f : 0;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const masked = all.length > 1 && (all[1] & 0x80) !== 0;
    const headerLength = 2 + extended + (masked ? 4 : 0);
    if (all.length < headerLength) {
      this.#pending = Buffer.from(all);
      return Buffer.alloc(0);
    }
    const length =
      extended === 2
        ? all.readUInt16BE(2)
        : extended === 8
          ? Number(all.readBigUInt64BE(2))
          : short;
    const kind = (all[0] & 0x0f) >= firstControlOpcode ? this.control : this.data;
    kind.frames += 1;
    kind.bytes += headerLength + length;
    this.#pending = Buffer.alloc(0);
    this.#payloadLeft = length;
    return all.subarray(headerLength);
  }
}
