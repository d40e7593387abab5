import { childKind, clone, rows, type api, type Kind } from '@tureen/protocol';
import { closeByApplication, closeByCause } from './closing.js';
import type { Core } from './Core.js';
import { loggerOf } from './loggers.js';
import type { EnhancedEventEmitter } from './library.js';
import { coreOf, Mirror, type Hooks } from './Mirror.js';
import type { Packed } from './Packed.js';

/* The one place where remote objects get the members that the API table gives them. */

type Automatic<R> = {
  [K in keyof R]: R[K] extends 'manual' | 'written' | 'notify' ? never : K;
}[keyof R];
type Members<Row, Part extends 'fields' | 'calls' | 'local'> =
  Row extends Record<Part, infer R> ? R : never;
type Supplied<Row> =
  | keyof Members<Row, 'fields'>
  | Automatic<Members<Row, 'calls'>>
  | Automatic<Members<Row, 'local'>>
  | 'closed'
  | 'observer';

type Api = typeof api;
// The members of T that the table supplies; those left out must be written, or `implements` fails.
type MirrorClass<T, K extends Kind> = abstract new (
  core: Core,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each class has events of its own
) => EnhancedEventEmitter<any> & Hooks & Pick<T, Supplied<Api[K]> & keyof T>;

function define(target: object, name: string, member: PropertyDescriptor): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: false, ...member });
}

function method(name: string, body: (this: Mirror, ...args: unknown[]) => unknown) {
  // Named, so that stack traces tell.
  return { writable: true, value: Object.defineProperty(body, 'name', { value: name }) };
}

function defineFields(target: object, kind: Kind): void {
  const { fields, uncloned } = rows[kind];

  for (const [field, how] of Object.entries(fields)) {
    define(target, field, { get: getter(field, how === 'packed', uncloned?.includes(field)) });
  }
}

function getter(field: string, packed: boolean, uncloned = false): (this: Mirror) => unknown {
  if (packed) {
    return function () {
      return (coreOf(this).state[field] as Packed | undefined)?.read();
    };
  }

  return uncloned
    ? function () {
        return coreOf(this).state[field];
      }
    : function () {
        return clone(coreOf(this).state[field]);
      };
}

function defineCalls(target: object, kind: Kind): void {
  for (const [name, row] of Object.entries(rows[kind].calls)) {
    const child = childKind(row);
    const log = `${name}()`;

    if (row === 'manual' || row === 'written') {
      continue;
    }
    define(
      target,
      name,
      method(name, async function (...args) {
        const core = coreOf(this);

        loggerOf(kind).debug(log);

        return child
          ? core.session.create(core, name, child, args)
          : core.session.call(core, name, args);
      }),
    );
  }
}

function defineLocal(target: object, kind: Kind): void {
  for (const [name, row] of Object.entries(rows[kind].local)) {
    if (row === 'close') {
      define(
        target,
        name,
        method(name, function () {
          closeByApplication(this);
        }),
      );
    } else if (row.startsWith('cause:')) {
      const event = row.slice('cause:'.length);

      define(
        target,
        name,
        method(name, function () {
          closeByCause(this, event);
        }),
      );
    }
  }
}

/**
 * The base class of one kind of remote objects: getters, calls and closing as the table says.
 * What the table leaves to be written by hand is missing from its type.
 */
export function mirrorOf<T>() {
  return <K extends Kind>(kind: K): MirrorClass<T, K> => {
    abstract class KindMirror extends Mirror {}

    defineFields(KindMirror.prototype, kind);
    defineCalls(KindMirror.prototype, kind);
    defineLocal(KindMirror.prototype, kind);

    return KindMirror as unknown as MirrorClass<T, K>;
  };
}
