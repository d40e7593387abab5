import { isDeepStrictEqual } from 'node:util';
import { childKind, rows, type Kind } from '@tureen/protocol';
import type { types } from 'mediasoup';
import type { Mediasoup, Target } from '../../support/targets.js';

export type EntityKind = Exclude<Kind, 'mediasoup'>;

export const entityKinds = Object.keys(rows).filter((kind) => kind !== 'mediasoup') as EntityKind[];

/** Getters of every entity that are in no row of the API table, since all have them. */
export const commonFields = { closed: 'live', appData: 'const', observer: 'const' } as const;

/** All that there is to see of a kind, as `producer.score changes` or `producer "trace"`. */
export function everythingOf(kind: EntityKind): string[] {
  const { fields, calls, local, events, observer } = rows[kind];
  const say = (what: object, how: (name: string) => string): string[] =>
    Object.keys(what).map((name) => how(name));

  return [
    ...Object.entries({ ...fields, ...commonFields }).map(([name, row]) =>
      row === 'live' ? changes(kind, name) : gives(kind, name),
    ),
    `${kind}.appData is set`,
    ...say({ ...calls, ...local }, (name) => works(kind, name)),
    ...say(events, (name) => fires(kind, name)),
    ...say(observer, (name) => fires(`${kind}.observer`, name)),
  ];
}

const changes = (kind: string, field: string): string => `${kind}.${field} changes`;
const gives = (kind: string, field: string): string => `${kind}.${field}`;
const works = (kind: string, method: string): string => `${kind}.${method}()`;
const fires = (emitter: string, event: string): string => `${emitter} "${event}"`;

/**
 * Notes what a test run sees of the API, without listening to anything or calling anything itself:
 * a getter that was read and gave something, a live one whose value was another than before, a
 * method that did its work, an event that somebody heard.
 */
export class Watching {
  readonly seen = new Set<string>();
  readonly #prototypes = new WeakSet<object>();
  readonly #observers = new WeakSet<object>();
  readonly #values = new WeakMap<object, Map<string, unknown>>();

  /** The same target, watched. */
  watch(target: Target): Target {
    return {
      ...target,
      start: async () => {
        const started = await target.start();

        return { ...started, mediasoup: this.#watchModule(started.mediasoup) };
      },
    };
  }

  #watchModule(mediasoup: Mediasoup): Mediasoup {
    return {
      ...mediasoup,
      createWorker: async <A extends types.AppData>(settings?: types.WorkerSettings<A>) => {
        const worker = await mediasoup.createWorker(settings);

        this.#welcome('worker', worker);

        return worker;
      },
    };
  }

  /** Looks at a new object: at what it is now, and from now on at its class. */
  #welcome(kind: EntityKind, entity: object): void {
    const prototype = Object.getPrototypeOf(entity) as object;
    const values = new Map<string, unknown>();

    for (const [field, row] of Object.entries({ ...rows[kind].fields, ...commonFields })) {
      if (row === 'live') values.set(field, Reflect.get(entity, field));
    }
    this.#values.set(entity, values);
    if (!this.#prototypes.has(prototype)) {
      this.#prototypes.add(prototype);
      this.#watchClass(kind, prototype);
    }
  }

  #watchClass(kind: EntityKind, prototype: object): void {
    const { fields, calls, local } = rows[kind];

    for (const [field, row] of Object.entries({ ...fields, ...commonFields })) {
      this.#watchField(kind, prototype, field, row);
    }
    for (const [method, row] of Object.entries({ ...calls, ...local })) {
      this.#watchMethod(kind, prototype, method, childKind(row));
    }
    this.#watchEvents(kind, prototype);
  }

  #watchField(kind: EntityKind, prototype: object, field: string, row: string): void {
    const { get, set } = descriptorOf(prototype, field);
    const note = (entity: object, value: unknown): void => {
      if (row === 'live') {
        const values = this.#values.get(entity);

        if (values?.has(field) && !isDeepStrictEqual(values.get(field), value)) {
          this.seen.add(changes(kind, field));
        }
        values?.set(field, value);
      } else if (value !== undefined) {
        this.seen.add(gives(kind, field));
      }
      if (field === 'observer') this.#watchObserver(kind, value as Emitting);
    };
    const noteSet = (): void => void this.seen.add(`${kind}.${field} is set`);

    Object.defineProperty(prototype, field, {
      configurable: true,
      get(this: object) {
        const value = get!.call(this) as unknown;

        note(this, value);

        return value;
      },
      set:
        set &&
        {
          set(this: object, value: unknown) {
            set.call(this, value);
            noteSet();
          },
        }.set,
    });
  }

  #watchMethod(kind: EntityKind, prototype: object, name: string, child?: EntityKind): void {
    const method = descriptorOf(prototype, name).value as (...args: unknown[]) => unknown;
    const note = (result: unknown): void => {
      this.seen.add(works(kind, name));
      if (child) this.#welcome(child, result as object);
    };

    Object.defineProperty(prototype, name, {
      configurable: true,
      value(this: object, ...args: unknown[]) {
        const result = method.apply(this, args);

        if (result instanceof Promise) result.then(note, () => undefined);
        else note(result);

        return result;
      },
    });
  }

  #watchEvents(emitterName: string, emitter: object): void {
    const safeEmit = descriptorOf(emitter, 'safeEmit').value as Emitting['safeEmit'];
    const note = (event: string): void => void this.seen.add(fires(emitterName, event));

    Object.defineProperty(emitter, 'safeEmit', {
      configurable: true,
      value(this: Emitting, event: string, ...args: unknown[]) {
        if (this.listenerCount(event) > 0) note(event);

        return safeEmit.call(this, event, ...args);
      },
    });
  }

  #watchObserver(kind: EntityKind, observer: Emitting): void {
    if (!this.#observers.has(observer)) {
      this.#observers.add(observer);
      this.#watchEvents(`${kind}.observer`, observer);
    }
  }
}

interface Emitting {
  listenerCount(event: string): number;
  safeEmit(event: string, ...args: unknown[]): boolean;
}

/** Of a member, wherever in the chain of prototypes it is. */
export function descriptorOf(object: object, name: string): PropertyDescriptor {
  for (
    let current: object | null = object;
    current;
    current = Object.getPrototypeOf(current) as object | null
  ) {
    const descriptor = Object.getOwnPropertyDescriptor(current, name);

    if (descriptor) return descriptor;
  }
  throw new Error(`there is no ${name}`);
}
