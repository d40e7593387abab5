import type { EventEmitter } from 'node:events';
import { packValue, rows, same, type Kind, type Row } from '@tureen/protocol';

/** What the server needs of any mediasoup object, whatever gave it. */
export interface RealObject extends EventEmitter {
  readonly closed: boolean;
  readonly observer: EventEmitter;
  close(): void;
}

/** Objects that the client closed together; they are released together. */
export interface CloseGroup {
  readonly root: Tracked;
  readonly members: readonly Tracked[];
  /** Calls on members that have not settled yet. */
  pendingCalls: number;
  /** All of it has closed. */
  closed: boolean;
}

/** A mediasoup object with what its session knows of it. */
export class Tracked {
  readonly children = new Set<Tracked>();
  readonly row: Row;
  /** Values of live fields as the client knows them. */
  readonly #sent: Record<string, unknown> = {};
  #sentClosed = false;
  pendingCalls = 0;
  closeGroup: CloseGroup | undefined;
  /** Its observer has emitted 'close'. */
  saidClose = false;
  released = false;

  constructor(
    readonly handle: number,
    readonly kind: Kind,
    readonly real: RealObject,
    readonly owner: Tracked | undefined,
  ) {
    this.row = rows[kind];
    owner?.children.add(this);
  }

  /** All fields, for the client to begin with. */
  snapshot(): Record<string, unknown> {
    const snapshot: Record<string, unknown> = {};

    for (const [field, how] of Object.entries(this.row.fields)) {
      const value = this.#read(field);

      if (value !== undefined) {
        snapshot[field] = how === 'packed' ? packValue(value) : value;
      }
      if (how === 'live') {
        this.#sent[field] = value;
      }
    }

    return snapshot;
  }

  /** Live fields that have changed since the client was last told, or undefined. */
  takeChanges(): Record<string, unknown> | undefined {
    let changes: Record<string, unknown> | undefined;

    for (const field in this.row.fields) {
      if (this.row.fields[field] === 'live') {
        const value = this.#read(field);

        if (!same(value, this.#sent[field])) {
          this.#sent[field] = value;
          changes ??= {};
          changes[field] = value;
        }
      }
    }
    if (this.real.closed && !this.#sentClosed) {
      this.#sentClosed = true;
      changes ??= {};
      changes['closed'] = true;
    }

    return changes;
  }

  /** This object and all below it. */
  subtree(): Tracked[] {
    return [this, ...[...this.children].flatMap((child) => child.subtree())];
  }

  #read(field: string): unknown {
    return (this.real as unknown as Record<string, unknown>)[field];
  }
}
