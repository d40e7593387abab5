/**
 * One way to the other end, for as long as it lasts: a WebSocket, or memory. Frames arrive whole
 * and in order or not at all. A link that has closed stays closed; what survives it lives above.
 */
export interface Link {
  /** Bytes accepted by {@link send} that have not left yet. */
  readonly bufferedAmount: number;
  /** Never throws; on a closed link it does nothing. */
  send(frame: Buffer): void;
  /**
   * Closes in both directions. `onClose` follows, later and once.
   *
   * @param reason - Told to the other end if it can be.
   */
  close(reason?: string): void;
  onFrame: ((frame: Buffer) => void) | undefined;
  onClose: ((reason: string) => void) | undefined;
}

/** Gives a new link to the other end, or rejects. */
export type Dial = () => Promise<Link>;
