import { EventEmitter } from 'node:events';
import { rows } from '@tureen/protocol';
import type { extras } from 'mediasoup';
import { beforeAll, describe, expect, test } from 'vitest';
import { allEvents } from '../../support/events.js';
import { local } from '../../support/targets/local.js';
import { ws } from '../../support/targets/ws.js';
import { closeWorker, useTarget, type RunningTarget } from '../../support/useTarget.js';
import { oneOfEach } from './oneOfEach.js';
import { commonFields, entityKinds, type EntityKind } from './watching.js';

/** Members of mediasoup's classes that its types do not have. */
const internals = new Set([
  'addPipeTransportPair',
  'allocateSctpStreamId',
  'channelForTesting',
  'handleListenerError',
  'handleSctpNegotiatedCapabilities',
  'handleWorkerNotifications',
  'routersForTesting',
  'transportsForTesting',
  'webRtcServersForTesting',
  'webRtcTransportsForTesting',
  'workerDied',
]);

/** Members of the remote classes that mediasoup's do not have; nothing enumerable. */
const additions: Partial<Record<EntityKind, string[]>> = {
  // What mediasoup does by private events.
  webRtcServer: ['unhandleWebRtcTransport'],
};
const commonAdditions = ['toJSON'];

type Kinds = Record<string, string>;

/** What a member is, as far as an application can tell. */
function kindOf({ get, set, value }: PropertyDescriptor): string {
  if (get) return set ? 'getter and setter' : 'getter';
  if (typeof value !== 'function') return 'value';

  return value.constructor.name === 'AsyncFunction' ? 'async method' : 'method';
}

/** All members that the classes of an object have on top of mediasoup's event emitter. */
function membersOf(entity: object, emitter: object): Kinds {
  const members: Kinds = {};

  for (
    let prototype = Object.getPrototypeOf(entity) as object;
    prototype !== emitter;
    prototype = Object.getPrototypeOf(prototype) as object
  ) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== 'constructor' && !(name in emitter)) {
        members[name] ??= kindOf(Object.getOwnPropertyDescriptor(prototype, name)!);
      }
    }
  }

  return members;
}

const only = (members: Kinds, isWanted: (name: string) => boolean): Kinds =>
  Object.fromEntries(Object.entries(members).filter(([name]) => isWanted(name)));

/** Own and inherited ones: what logging, copying and `for … in` come by. */
function enumerables(object: object): string[] {
  const names: string[] = [];

  for (const name in object) names.push(name);

  return names.sort();
}

async function inspect({ mediasoup }: RunningTarget) {
  const { EnhancedEventEmitter } = mediasoup.extras;
  const worker = await mediasoup.createWorker();
  const entities = await oneOfEach(worker);
  const of = <T>(look: (entity: object) => T) =>
    Object.fromEntries(entityKinds.map((kind) => [kind, look(entities[kind])])) as Record<
      EntityKind,
      T
    >;

  // What they are outlives them.
  await closeWorker(worker);

  return {
    members: of((entity) => membersOf(entity, EnhancedEventEmitter.prototype)),
    enumerables: of(enumerables),
    entities,
  };
}

describe('remote objects have the members of mediasoup', () => {
  const mediasoups = { local: useTarget(local), remote: useTarget(ws) };
  let ours: Awaited<ReturnType<typeof inspect>>;
  let theirs: typeof ours;

  beforeAll(async () => {
    theirs = await inspect(mediasoups.local);
    ours = await inspect(mediasoups.remote);
  });

  describe.each(entityKinds)('%s', (kind) => {
    const { fields, calls, local: locals } = rows[kind];
    const inTable = new Set(Object.keys({ ...fields, ...calls, ...locals, ...commonFields }));

    test('the table has what mediasoup has, but for its internals', () => {
      const names = Object.keys(theirs.members[kind]);

      expect(names.filter((name) => !internals.has(name)).sort()).toEqual([...inTable].sort());
    });

    test('each member is of the same kind', () => {
      const inBoth = (name: string): boolean => inTable.has(name);

      expect(only(ours.members[kind], inBoth)).toEqual(only(theirs.members[kind], inBoth));
    });

    test('a call is asynchronous, and what is done at once is not', () => {
      for (const name of Object.keys(calls)) {
        expect([name, theirs.members[kind][name]]).toEqual([name, 'async method']);
      }
      for (const name of Object.keys(locals)) {
        expect([name, theirs.members[kind][name]]).toEqual([name, 'method']);
      }
    });

    test('there is nothing else', () => {
      const others = Object.keys(only(ours.members[kind], (name) => !inTable.has(name)));

      expect(others.sort()).toEqual([...commonAdditions, ...(additions[kind] ?? [])].sort());
    });

    test('nothing else is enumerable', () => {
      expect(theirs.enumerables[kind]).toEqual(expect.arrayContaining(ours.enumerables[kind]));
    });

    test('the table has the events that mediasoup declares', () => {
      expect(Object.keys(rows[kind].events).sort()).toEqual(allEvents[kind].own.toSorted());
      expect(Object.keys(rows[kind].observer).sort()).toEqual(allEvents[kind].observer.toSorted());
    });

    test('both it and its observer are emitters of mediasoup', () => {
      const { EnhancedEventEmitter } = mediasoups.remote.mediasoup.extras;
      const entity = ours.entities[kind] as extras.EnhancedEventEmitter;

      for (const emitter of [entity, Reflect.get(entity, 'observer') as object]) {
        expect(emitter).toBeInstanceOf(EnhancedEventEmitter);
        expect(emitter).toBeInstanceOf(EventEmitter);
      }
      expect(entity.getMaxListeners()).toBe(Infinity);
    });
  });

  test('the module has what mediasoup exports, as properties of its own', () => {
    const kinds = (module: object): Kinds =>
      Object.fromEntries(Object.keys(module).map((name) => [name, kindOfExport(module, name)]));
    const { default: _, ...itself } = mediasoups.local.mediasoup as object as { default: unknown };

    expect(kinds(mediasoups.remote.mediasoup)).toEqual(kinds(itself));
    for (const name of ['errors', 'ortc', 'extras'] as const) {
      expect(kinds(mediasoups.remote.mediasoup[name])).toEqual(
        only(kinds(mediasoups.local.mediasoup[name]), (key) => !key.startsWith('_')),
      );
    }
  });

  function kindOfExport(module: object, name: string): string {
    const value = Reflect.get(module, name) as unknown;

    return typeof value === 'function' ? kindOf({ value }) : typeof value;
  }
});
