/*
 * The names that mediasoup's module exports. Applications see mediasoup's own declarations of
 * them (build/declarations.mjs).
 */
import {
  apiVersion,
  EnhancedEventEmitter,
  errors,
  extras,
  getSupportedRtpCapabilities,
  ortc,
  parseScalabilityMode,
  setLogEventListeners,
} from '@tureen/remote-client/library';
import type { types } from 'mediasoup';
import { SharedClient } from './SharedClient';

export {
  errors,
  extras,
  getSupportedRtpCapabilities,
  ortc,
  parseScalabilityMode,
  setLogEventListeners,
};

/** The version of mediasoup that this package stands in for. */
export const version: string = apiVersion;

/**
 * Only a name: the daemon knows where its worker is. From the environment as with mediasoup, for
 * applications that tell the two apart.
 */
export const workerBin: string = process.env.MEDIASOUP_WORKER_BIN || 'mediasoup-worker';

export const observer: types.Observer = new EnhancedEventEmitter<types.ObserverEvents>();

const client = new SharedClient((worker) => observer.safeEmit('newworker', worker));

/**
 * Creates a worker on the daemon at TUREEN_URL, with the token in the file TUREEN_TOKEN_FILE.
 *
 * @throws ConnectionError if there is no daemon, or the environment does not say where.
 */
export async function createWorker<A extends types.AppData = types.AppData>(
  settings: types.WorkerSettings<A> = {},
): Promise<types.Worker<A>> {
  // The daemon refuses paths that its operator has not allowed; this one asks for its default.
  const isDefaultBin = settings?.workerBin === workerBin;

  return client.createWorker(isDefaultBin ? { ...settings, workerBin: undefined } : settings);
}
