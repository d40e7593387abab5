import { isReference, mapReferences } from '@tureen/protocol';
import type { Core } from './Core.js';
import { closing, type Mirror } from './Mirror.js';

/**
 * Fields that nothing but notifications of mediasoup's worker change. An object that the application
 * has closed does not hear these any more; the answers to its last calls it does.
 */
const notified: ReadonlySet<string> = new Set([
  'score',
  'currentLayers',
  'producerPaused',
  'dataProducerPaused',
  'sctpNegotiatedCapabilities',
  'dtlsRemoteCert',
]);

/** How many objects are remembered after the server has let go of them. */
const latelyToRemember = 1000;

/** The objects of a session that the server may still speak of, by handle. */
export class ObjectTable {
  readonly #objects = new Map<number, Core>();
  /** Events of other objects may still name these, if the application has kept them. */
  readonly #lately = new Map<number, WeakRef<Core>>();

  add(core: Core): void {
    this.#objects.set(core.handle, core);
  }

  get(handle: number): Core | undefined {
    return this.#objects.get(handle);
  }

  /** The worker of that handle, if it is one. */
  worker(handle: number | undefined): Mirror | undefined {
    const core = handle === undefined ? undefined : this.#objects.get(handle);

    return core?.kind === 'worker' ? core.mirror : undefined;
  }

  clear(): void {
    this.#objects.clear();
  }

  /** Workers that have been closed and whose processes may still be there. */
  endingWorkers(): Mirror[] {
    return [...this.#objects.values()]
      .filter(
        ({ kind, closed, state }) => kind === 'worker' && closed && !state['subprocessClosed'],
      )
      .map(({ mirror }) => mirror);
  }

  /** The server will say nothing more of this object, nor of those that closed with it. */
  forget(handle: number): void {
    const core = this.#objects.get(handle);

    if (core) {
      this.#objects.delete(handle);
      this.#remember(core);
      for (const below of core.takeBelow()) {
        this.forget(below.handle);
      }
    }
  }

  /** Takes over what has changed. */
  patch(handle: number, { closed, ...fields }: Record<string, unknown>): void {
    const core = this.#objects.get(handle);

    if (!core) {
      return;
    }
    if (core.closedLocally) {
      if (core.kind !== 'worker' && core.worker?.closedLocally) {
        // The calls under way were aborted.
        return;
      }
      // What the end has set stays, whatever was on its way.
      for (const field of Object.keys({ ...core.row.onClose, ...core.row.onCloseIfPresent })) {
        delete fields[field];
      }
      delete fields['died'];
      core.unheard = Object.keys(fields).some((field) => notified.has(field));
      notified.forEach((field) => delete fields[field]);
    }
    Object.assign(core.state, fields);
    if (closed === true && !core.closed && !core.closedLocally) {
      core.closed = true;
      core.mirror[closing](false);
      core.leaveOwner();
      // Said of both if the owner closes before the calls on this object have been answered.
      core.endWithOwner();
    }
  }

  /** Event arguments with their references replaced by objects. */
  dereference(args: readonly unknown[]): unknown[] {
    return mapReferences(args, (value) =>
      isReference(value) ? this.#find(value.$handle)?.mirror : undefined,
    ) as unknown[];
  }

  #find(handle: number): Core | undefined {
    return this.#objects.get(handle) ?? this.#lately.get(handle)?.deref();
  }

  #remember(core: Core): void {
    this.#lately.set(core.handle, new WeakRef(core));
    if (this.#lately.size > latelyToRemember) {
      const [oldest] = this.#lately.keys();

      this.#lately.delete(oldest as number);
    }
  }
}
