import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import type { Packed } from './packages.js';

/**
 * An npm registry on loopback that has the packages of this repository as they would be published,
 * and nothing else. A project asks it for the scope `@tureen` only.
 */
export class LocalRegistry {
  readonly #server: Server;

  private constructor(
    readonly url: string,
    server: Server,
  ) {
    this.#server = server;
  }

  static async start(packages: readonly Packed[]): Promise<LocalRegistry> {
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '').slice(1);
      const asked = packages.find(({ name }) => name === path);
      const file = packages.find(({ tarball }) => basename(tarball) === path);

      if (asked) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(metadata(asked, `http://${request.headers.host}`)));
      } else if (file) {
        response.end(readFileSync(file.tarball));
      } else {
        response.writeHead(404).end();
      }
    });

    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    return new LocalRegistry(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** What a registry says of a package. */
function metadata({ name, manifest, tarball }: Packed, url: string): object {
  const integrity = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  const dist = { tarball: `${url}/${basename(tarball)}`, integrity: `sha512-${integrity}` };

  return {
    name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}
