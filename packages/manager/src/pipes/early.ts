import type { types } from 'mediasoup';

/**
 * What can be asked for without waiting for the answer that it depends on, of an object that is being
 * created. A remote client fills this in: it saves a round trip. Where nobody does, it stays empty,
 * and one has to wait.
 */
export interface EarlyCall {
  /** Asks what is being created for a stream. */
  consume?: EarlyConsume;
}

interface EarlyStream {
  appData?: types.AppData;
}

export interface EarlyConsume {
  (method: 'consume', options: EarlyStream & { producerId: string }): Promise<types.Consumer>;
  (
    method: 'consumeData',
    options: EarlyStream & { dataProducerId: string; ordered?: boolean },
  ): Promise<types.DataConsumer>;
}

/** Shared by all copies of this package in a process. */
const earlyKey = Symbol.for('tureen.early');
const afterKey = Symbol.for('tureen.after');

/** Options of a call that creates something, by which `early` may be filled in. */
export function withEarly<T extends object>(options: T, early: EarlyCall): T {
  return Object.assign({ ...options }, { [earlyKey]: early });
}

/** The same options, by which nothing is filled in: for one whose own part of a call must not be left out. */
export function withoutEarly<T extends object>(options: T): T {
  return earlyOf(options) ? withEarly(options, {}) : options;
}

export function earlyOf(options: object | undefined): EarlyCall | undefined {
  return (options as { [earlyKey]?: EarlyCall } | undefined)?.[earlyKey];
}

/** Options of a call that is to be carried out right after another one, and to fail with it. */
export function after<T extends object>(options: T, earlier: EarlyCall): T {
  return Object.assign({ ...options }, { [afterKey]: earlier });
}

export function afterOf(options: object | undefined): EarlyCall | undefined {
  return (options as { [afterKey]?: EarlyCall } | undefined)?.[afterKey];
}

/** The call can be followed by others before it has been answered. */
export function isEarly(early: EarlyCall | undefined): early is Required<EarlyCall> {
  return early?.consume !== undefined;
}
