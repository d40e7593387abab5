import { ConfigurationError } from '../../errors.js';
import type { UpstreamFlags } from '../flags/upstreamFlags.js';
import { WatchedFiles } from '../WatchedFiles.js';

/** What the daemon shows to its upstreams, and by what it knows them. */
export interface UpstreamSecrets {
  /** As it is in its file now. */
  token: (() => string) | undefined;
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

/** @throws ConfigurationError if a file cannot be read, or makes no sense. */
export function readUpstreamSecrets(flags: UpstreamFlags): UpstreamSecrets {
  const { upstreamTokenFile, upstreamCa, upstreamCert, upstreamKey } = flags;
  const files = new WatchedFiles();
  const read = (path: string | undefined, what: string) =>
    path === undefined ? undefined : files.read(path, what);

  if ((upstreamCert === undefined) !== (upstreamKey === undefined)) {
    throw new ConfigurationError('--upstream-cert and --upstream-key are needed together');
  }

  const token =
    upstreamTokenFile === undefined ? undefined : () => readToken(files, upstreamTokenFile);

  // What is wrong with it is told now.
  token?.();

  return {
    token,
    ca: read(upstreamCa, 'upstream CA'),
    cert: read(upstreamCert, 'upstream certificate'),
    key: read(upstreamKey, 'upstream key'),
  };
}

function readToken(files: WatchedFiles, path: string): string {
  const token = files.read(path, 'upstream token file').trim();

  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigurationError(`upstream token file ${path} must hold one word of ASCII`);
  }

  return token;
}
