import type { EventEmitter } from 'node:events';
import type { EventRow, Row } from '@tureen/protocol';
import type { Tracked } from './Tracked.js';

/** Whoever hears the events of tracked objects. */
export interface Hearer {
  heard(tracked: Tracked, event: string, observer: boolean, how: EventRow, args: unknown[]): void;
}

/*
 * Listeners are shared by all objects and find theirs by the emitter that calls them: a closure
 * for each of the dozen events of each object would cost more memory than all else that is known
 * of it.
 */
type Listener = (this: EventEmitter, ...args: unknown[]) => void;

const trackedBy = new WeakMap<EventEmitter, Tracked>();
const listeners = new Map<string, Listener>();

function listenerFor(event: string, observer: boolean, how: EventRow): Listener {
  const key = `${observer ? 'observer' : 'entity'}:${how}:${event}`;
  let listener = listeners.get(key);

  if (!listener) {
    listener = function (this: EventEmitter, ...args: unknown[]) {
      const tracked = trackedBy.get(this);

      tracked?.hearer?.heard(tracked, event, observer, how, args);
    };
    listeners.set(key, listener);
  }

  return listener;
}

interface Heeded {
  readonly event: string;
  readonly observer: boolean;
  readonly listener: Listener;
}

const heededByRow = new Map<Row, readonly Heeded[]>();

/** The events of a row that travel. */
function heeded(row: Row): readonly Heeded[] {
  let known = heededByRow.get(row);

  if (!known) {
    const travelling = (events: Row['events'], observer: boolean) =>
      Object.entries(events)
        .filter(([, how]) => how !== 'local')
        .map(([event, how]) => ({ event, observer, listener: listenerFor(event, observer, how) }));

    known = [...travelling(row.events, false), ...travelling(row.observer, true)];
    heededByRow.set(row, known);
  }

  return known;
}

/** Begins to hear every event of the object whose row says that it travels. */
export function hear(tracked: Tracked, hearer: Hearer): void {
  const { real, row } = tracked;

  tracked.hearer = hearer;
  trackedBy.set(real, tracked);
  trackedBy.set(real.observer, tracked);
  for (const { event, observer, listener } of heeded(row)) {
    (observer ? real.observer : real).on(event, listener);
  }
}

/** Begins or ends to hear one high-rate event. Anything else is left as it is. */
export function toggle(tracked: Tracked, event: string, observer: boolean, on: boolean): void {
  const events = observer ? tracked.row.observer : tracked.row.events;
  const how = Object.hasOwn(events, event) ? events[event] : undefined;

  if (how === 'stream' || how === 'lossy') {
    const emitter = observer ? tracked.real.observer : tracked.real;
    const listener = listenerFor(event, observer, how);

    emitter.off(event, listener);
    if (on) {
      emitter.on(event, listener);
    }
  }
}
