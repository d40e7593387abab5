/** A message that both ends can make for themselves, so that only its description travels. */
export interface MessageSpec {
  kind: 'text' | 'binary';
  /** In bytes. */
  length: number;
  /** Tells messages of one length apart. */
  seed: number;
}

/** What was received, with its bytes as SHA-256, in hexadecimal. */
export interface MessageDigest {
  kind: 'text' | 'binary';
  length: number;
  sha256: string;
}

export function bytesOf({ kind, length, seed }: MessageSpec): Uint8Array<ArrayBuffer> {
  return kind === 'text'
    ? Uint8Array.from({ length }, (_, index) => 97 + ((seed + index) % 26))
    : Uint8Array.from({ length }, (_, index) => seed * 31 + index * 7 + (index >> 8));
}
