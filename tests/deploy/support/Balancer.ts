import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { certificateFile, privateKeyFile } from '../../support/certificate.js';
import { until } from '../../support/events.js';
import { freePort } from '../../support/freePort.js';
import { isListening } from '../../faults/support/ObservedDaemon.js';
import { shipped, substitute, temporaryFolder } from './shipped.js';
import { tool } from './tools.js';

/** The app servers that the shipped files name. */
const examples = ['192.0.2.11:3000', '192.0.2.12:3000'] as const;

export type BalancerKind = 'nginx' | 'haproxy';

const files = { nginx: 'conference.conf', haproxy: 'haproxy.cfg' } as const;

/** What an nginx.conf has to say besides: Debian's belongs to the system's own nginx. */
const nginxMain = (folder: string) => `
daemon off;
pid nginx.pid;
user ${userInfo().username};
worker_processes 2;
worker_shutdown_timeout 1s;
error_log stderr warn;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include conference.conf;
}
`;

/** Writes the shipped file, as it is or changed, and beside it what it needs. */
async function writeFiles(
  kind: BalancerKind,
  folder: string,
  change: (text: string) => string = (text) => text,
): Promise<void> {
  await mkdir(join(folder, 'tls'));
  await writeFile(join(folder, files[kind]), change(await shipped(kind, files[kind])));
  if (kind === 'nginx') {
    await writeFile(join(folder, 'nginx.conf'), nginxMain(folder));
    await copyFile(certificateFile, join(folder, 'tls', 'cert.pem'));
    await copyFile(privateKeyFile, join(folder, 'tls', 'key.pem'));
  } else {
    const both = await Promise.all([
      readFile(certificateFile, 'utf8'),
      readFile(privateKeyFile, 'utf8'),
    ]);

    await writeFile(join(folder, 'tls', 'conference.pem'), both.join('\n'));
  }
}

const commands = {
  nginx: (folder: string) => ['-p', folder, '-c', join(folder, 'nginx.conf')],
  // Its own master, as the service of a system runs it: that is what a reload goes to.
  haproxy: (folder: string) => ['-W', '-f', join(folder, files.haproxy)],
};

/** What the tool itself says of the file that is shipped: its exit status and words. */
export async function check(kind: BalancerKind): Promise<[code: number | null, text: string]> {
  const folder = await temporaryFolder();

  try {
    await writeFiles(kind, folder.path);

    const child = spawn(tool(kind), [
      ...commands[kind](folder.path),
      { nginx: '-t', haproxy: '-c' }[kind],
    ]);
    const output = Promise.all([text(child.stdout), text(child.stderr)]);

    await once(child, 'close');

    return [child.exitCode, (await output).join('')];
  } finally {
    await folder.remove();
  }
}

/** A real nginx or HAProxy with the shipped file; only addresses are replaced. */
export class Balancer {
  readonly #process: ChildProcess;
  readonly #remove: () => Promise<void>;
  output = '';

  private constructor(
    readonly kind: BalancerKind,
    readonly folder: string,
    readonly ports: { http: number; https: number },
    child: ChildProcess,
    remove: () => Promise<void>,
  ) {
    this.#process = child;
    this.#remove = remove;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.output += text));

    const kill = () => child.kill('SIGKILL');

    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
  }

  /**
   * @param servers - `ADDRESS:PORT` of the two app servers.
   * @param remembers - How long HAProxy remembers where a room was in which nobody is any more.
   *   Default: as it is shipped.
   */
  static async start(
    kind: BalancerKind,
    servers: readonly string[],
    remembers = '30m',
  ): Promise<Balancer> {
    const folder = await temporaryFolder();
    const [http, https] = [await freePort(), await freePort()];
    const addresses = Object.fromEntries(
      examples.map((example, index) => [example, servers[index] as string]),
    );

    await writeFiles(kind, folder.path, (text) =>
      substitute(
        text,
        kind === 'nginx'
          ? {
              ...addresses,
              'listen 80;': `listen 127.0.0.1:${http};`,
              'listen 443 ': `listen 127.0.0.1:${https} `,
            }
          : {
              ...addresses,
              'bind :80': `bind 127.0.0.1:${http}`,
              'bind :443': `bind 127.0.0.1:${https}`,
              '/run/haproxy/admin.sock': join(folder.path, 'admin.sock'),
              // This user has the files of the test.
              '    user haproxy\n    group haproxy\n': '',
              'expire 30m': `expire ${remembers}`,
            },
      ),
    );

    const child = spawn(tool(kind), commands[kind](folder.path), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const balancer = new Balancer(kind, folder.path, { http, https }, child, folder.remove);

    await until(
      `${kind} listens`,
      async () => balancer.hasEnded || (await isListening(balancer.url)),
    );
    if (balancer.hasEnded) {
      await folder.remove();
      throw new Error(`${kind} ended: ${balancer.output}`);
    }

    return balancer;
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports.https}`;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Reads its file again, as `systemctl reload` has it do. */
  reload(): void {
    this.#process.kill(this.kind === 'nginx' ? 'SIGHUP' : 'SIGUSR2');
  }

  /** Says something to HAProxy's administrative socket. @returns its answer. */
  async administer(command: string): Promise<string> {
    const socket = connect(join(this.folder, 'admin.sock'));

    socket.end(`${command}\n`);

    return text(socket);
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'close');
    }
    await this.#remove();
  }
}
