import { RequestTimeoutError, rootHandle, rows, type Kind, type Row } from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';
import { Core } from './Core.js';
import { EarlyCalls } from './EarlyCalls.js';
import { letGo } from './letGo.js';
import type { EnhancedEventEmitter } from './library.js';
import { announced, created, observerOf, type Mirror } from './Mirror.js';
import type { ObjectTable } from './ObjectTable.js';
import type { Outgoing } from './outgoing.js';
import { tagWithHost } from './tagWithHost.js';
import { travelling } from './travelling.js';

type ObjectKind = Exclude<Kind, 'mediasoup'>;

/** What a call is on: an object, or one that is being created. */
interface Owner {
  readonly handle: number;
  readonly row: Row;
  /** Undefined as long as it is not there, and if it was given up. */
  core(): Core | undefined;
}

export interface CreationsOptions {
  session: ClientSession;
  objects: ObjectTable;
  /** Where new workers are announced. */
  observer: EnhancedEventEmitter;
  /** Gives the object of the class for that kind. */
  build(kind: ObjectKind, core: Core): Mirror;
  call(call: Outgoing): { id: number; answer: Promise<unknown> };
  /** Closes what the server has under that handle. */
  close(handle: number): void;
}

export const ownerOf = (core: Core): Owner => ({
  handle: core.handle,
  row: core.row,
  core: () => core,
});

/** The calls of a session that create objects, and what comes of them. */
export class Creations {
  readonly #options: CreationsOptions;
  readonly #early = new EarlyCalls();
  #nextHandle = rootHandle + 1;

  constructor(options: CreationsOptions) {
    this.#options = options;
  }

  /** @param earlier - Id of the call that this one is to come after. */
  create(
    owner: Owner,
    method: string,
    kind: ObjectKind,
    args: readonly unknown[],
    earlier?: number,
  ): Promise<Mirror> {
    const { session, call } = this.#options;
    const handle = this.#nextHandle++;
    const options = args[0] as { appData?: unknown } | undefined;
    let core: Core | undefined;
    const { id, answer } = call({
      handle: owner.handle,
      method,
      args: travelling(session, owner.row, method, args),
      childHandle: handle,
      after: earlier ?? this.#early.after(options),
      build: (state) => {
        const of = owner.core();

        if (!of) {
          return this.#unwanted(handle, method);
        }
        core = new Core(session, handle, kind, rows[kind], state as Record<string, unknown>, of);

        return this.#welcome(core, of, options);
      },
    });

    this.#early.offer(options, id, (name, childOf, more) =>
      this.create({ handle, row: rows[kind], core: () => core }, name, childOf, [more], id),
    );

    return answer as Promise<Mirror>;
  }

  /** What it was created on had been given up. */
  #unwanted(handle: number, method: string): Promise<never> {
    this.#options.close(handle);

    return Promise.reject(
      new RequestTimeoutError(`${method}() on an object that did not come in time`),
    );
  }

  #welcome(core: Core, owner: Core, options: { appData?: unknown } | undefined): Mirror {
    const { session, objects, build, observer: ofWorkers } = this.#options;
    const mirror = build(core.kind as ObjectKind, core);
    const group = owner.row.owns?.find(({ kinds }) => kinds.includes(core.kind));
    const observer = owner === session.root ? ofWorkers : observerOf(owner.mirror);

    core.appData = options?.appData ?? {};
    tagWithHost(core);
    objects.add(core);
    core.joinOwner();
    mirror[created]();
    if (group) {
      observer?.safeEmit(group.announced, mirror);
    }
    mirror[announced](options);
    // What was asked for early can come after its owner, and no longer than that was there.
    if (owner.closed || owner.isLetGo) {
      void letGo(core);
    }

    return mirror;
  }
}
