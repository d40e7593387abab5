import type { EventEmitter } from 'node:events';
import { packValue, rows, same, type Kind, type Row } from '@tureen/protocol';
import type { Budget } from './Budget.js';
import type { Hearer } from './forwarding.js';
import { sizeOf } from './sizeOf.js';

/** What the server needs of any mediasoup object, whatever gave it. */
export interface RealObject extends EventEmitter {
  readonly closed: boolean;
  readonly observer: EventEmitter;
  close(): void;
}

/** Objects that the client closed together; they are released together. */
export interface CloseGroup {
  readonly root: Tracked;
  /** Calls on members that have not settled yet. */
  pendingCalls: number;
  /** All of it has closed. */
  closed: boolean;
}

/**
 * Bytes that an object takes whatever it is: its own, its emitters and listeners, and what its
 * router and transport know of it.
 */
export const bytesOfAnyObject = 3 * 1024;

/** For each kind, the fields that are told again when they have changed. */
const liveFields: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(rows).map(([kind, { fields }]) => [
    kind,
    Object.keys(fields).filter((field) => fields[field] === 'live'),
  ]),
);

/** A mediasoup object with what its session knows of it. */
export class Tracked {
  /** Most objects never have any. */
  #children: Set<Tracked> | undefined;
  /** Values of live fields as the client knows them. */
  readonly #sent: Record<string, unknown> = {};
  #sentClosed = false;
  pendingCalls = 0;
  closeGroup: CloseGroup | undefined;
  /** Is told of its events, once it wants to be. */
  hearer: Hearer | undefined;
  /** Its observer has emitted 'close'. */
  saidClose = false;
  released = false;
  readonly #budget: Budget;
  #held = 0;
  #counts = true;

  /**
   * @param budget - Counts the bytes that it holds, until it is released.
   * @param appData - Bytes of its application data.
   */
  constructor(
    readonly handle: number,
    readonly kind: Kind,
    readonly real: RealObject,
    readonly owner: Tracked | undefined,
    budget: Budget,
    appData = 0,
  ) {
    this.#budget = budget;
    this.hold(bytesOfAnyObject + appData);
    if (owner) {
      (owner.#children ??= new Set()).add(this);
    }
  }

  get row(): Row {
    return rows[this.kind];
  }

  /** Bytes of memory that it takes, by estimate. */
  get held(): number {
    return this.#held;
  }

  /** All fields, for the client to begin with. */
  snapshot(): Record<string, unknown> {
    const snapshot: Record<string, unknown> = {};

    for (const [field, how] of Object.entries(this.row.fields)) {
      const value = this.#read(field);

      if (value !== undefined) {
        snapshot[field] = how === 'packed' ? packValue(value) : value;
        this.hold(sizeOf(value));
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

    for (const field of liveFields[this.kind] ?? []) {
      const value = this.#read(field);

      if (!same(value, this.#sent[field])) {
        this.hold(sizeOf(value) - sizeOf(this.#sent[field]));
        this.#sent[field] = value;
        changes ??= {};
        changes[field] = value;
      }
    }
    // An object that was being created when the client closed its owner stays open to the client.
    if (this.real.closed && !this.#sentClosed && !this.closeGroup) {
      this.#sentClosed = true;
      changes ??= {};
      changes['closed'] = true;
    }

    return changes;
  }

  /** This object and all below it. */
  subtree(): Tracked[] {
    return [this, ...[...(this.#children ?? [])].flatMap((child) => child.subtree())];
  }

  /** Its owner does not know it any more. */
  leaveOwner(): void {
    const { owner } = this;

    if (owner) {
      owner.#children?.delete(this);
    }
  }

  /** Its session does not answer for its memory any more. */
  letGo(): void {
    if (this.#counts) {
      this.#counts = false;
      this.#budget.count(-this.#held);
    }
    // Whoever remembers it shall not remember all that was below it.
    this.#children = undefined;
  }

  /** It takes so many bytes more than it did, or (if negative) less. */
  hold(bytes: number): void {
    if (this.#counts) {
      this.#held += bytes;
      this.#budget.count(bytes);
    }
  }

  #read(field: string): unknown {
    return (this.real as unknown as Record<string, unknown>)[field];
  }
}
