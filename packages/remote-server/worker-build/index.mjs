export { ensureWorker } from './ensure.mjs';
export { findMediasoup } from './mediasoup.mjs';
export { verifyWorker } from './verify.mjs';
export { cacheFolder, cachedWorkerPath } from './cache.mjs';
export { withLock } from './lock.mjs';
export { progressFor } from './progress.mjs';
export { administratorCommand, ensurePackages, missingPackages } from './debian-packages.mjs';
export { BUILD_PACKAGES, mendDtlsTransport, parseNinjaLine } from './source-build.mjs';
export { run } from './run.mjs';
export {
  CommandError,
  LockError,
  MissingPackagesError,
  SourceError,
  VerificationError,
  WorkerBinError,
  WorkerBuildError,
} from './errors.mjs';
