import { ConfigurationError } from '../errors.js';
import type { Logger } from '../Logger.js';
import type { TlsOptions, WebSocketListener } from '../WebSocketListener.js';
import { WatchedFiles } from './WatchedFiles.js';

export interface SecretFiles {
  tokenFile?: string;
  cert?: string;
  key?: string;
  clientCa?: string;
}

/** The token and certificates of the daemon, as they are in their files now. */
export class Secrets {
  readonly #files: SecretFiles;
  readonly #watched = new WatchedFiles();

  /** @throws {@link ConfigurationError} for combinations that make no sense. */
  constructor(files: SecretFiles) {
    const { cert, key, clientCa } = files;

    if ((cert === undefined) !== (key === undefined)) {
      throw new ConfigurationError('--cert and --key are needed together');
    }
    if (clientCa !== undefined && cert === undefined) {
      throw new ConfigurationError('--client-ca needs --cert and --key');
    }
    this.#files = files;
  }

  /** @throws {@link ConfigurationError} if the file cannot be read, or holds no token. */
  get tokens(): readonly string[] | undefined {
    const { tokenFile } = this.#files;

    if (tokenFile === undefined) {
      return undefined;
    }

    const lines = this.#watched.read(tokenFile, 'token file').split('\n');
    const tokens = lines.map((line) => line.trim()).filter((line) => line !== '');

    if (tokens.length === 0 || tokens.some((token) => /\s/.test(token))) {
      throw new ConfigurationError(`token file ${tokenFile} must hold one word, or one a line`);
    }

    return tokens;
  }

  /** @throws {@link ConfigurationError} if a file cannot be read. */
  get tls(): TlsOptions | undefined {
    const { cert, key, clientCa } = this.#files;

    if (cert === undefined || key === undefined) {
      return undefined;
    }

    return {
      cert: this.#watched.read(cert, 'certificate'),
      key: this.#watched.read(key, 'key'),
      clientCa: clientCa === undefined ? undefined : this.#watched.read(clientCa, 'client CA'),
    };
  }

  /** From now on what changes in the files takes effect; what cannot be used is logged and ignored. */
  follow(listener: WebSocketListener, logger: Logger): void {
    const { tokenFile, cert, key, clientCa } = this.#files;
    const certificates = [cert, key, clientCa].filter((file) => file !== undefined);
    const attempt = (what: string, action: () => void) => () => {
      try {
        action();
        logger.info({}, `${what} replaced`);
      } catch (error) {
        logger.error({ err: error }, `changed ${what} cannot be used; going on with the old one`);
      }
    };

    this.#watched.watch(
      tokenFile === undefined ? [] : [tokenFile],
      attempt('token', () => listener.setToken(this.tokens as readonly string[])),
    );
    this.#watched.watch(
      certificates,
      attempt('certificate', () => listener.setTls(this.tls as TlsOptions)),
    );
  }

  close(): void {
    this.#watched.close();
  }
}
