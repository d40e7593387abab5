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

/** The objects of a session that the server may still speak of, by handle. */
export class ObjectTable {
  readonly #objects = new Map<number, Core>();

  add(core: Core): void {
    this.#objects.set(core.handle, core);
  }

  get(handle: number): Core | undefined {
    return this.#objects.get(handle);
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
      core.below?.forEach((below) => this.forget(below.handle));
      core.below = undefined;
    }
  }

  /** Takes over what has changed. */
  patch(handle: number, { closed, ...fields }: Record<string, unknown>): void {
    const core = this.#objects.get(handle);

    if (!core) {
      return;
    }
    if (core.closedLocally) {
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
    }
  }

  /** Event arguments with their references replaced by objects. */
  dereference(args: readonly unknown[]): unknown[] {
    return mapReferences(args, (value) =>
      isReference(value) ? this.#objects.get(value.$handle)?.mirror : undefined,
    ) as unknown[];
  }
}
