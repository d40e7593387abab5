import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run, succeed, type Ran } from './run.js';

/** The project of somebody who uses the packages: an empty folder to begin with. */
export class Project {
  private constructor(readonly folder: string) {}

  /** @param registry - Where the scope `@tureen` comes from. */
  static async create(registry: string, type: 'module' | 'commonjs'): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-project-'));

    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type }));
    await writeFile(join(folder, '.npmrc'), `@tureen:registry=${registry}/\n`);

    return new Project(folder);
  }

  async install(...specs: string[]): Promise<void> {
    await succeed(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...specs],
      { cwd: this.folder, deadline: 120_000 },
    );
  }

  /** Copies files of `apps/` into it. */
  async add(...names: string[]): Promise<void> {
    for (const name of names) {
      await cp(join(import.meta.dirname, 'apps', name), join(this.folder, name));
    }
  }

  /** Runs a file of the project in Node. */
  node(file: string, environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return run(process.execPath, [file], { cwd: this.folder, environment, deadline: 30_000 });
  }

  /** What got installed, by the paths in node_modules. */
  async installed(): Promise<Record<string, { version?: string; hasInstallScript?: boolean }>> {
    const file = join(this.folder, 'node_modules', '.package-lock.json');

    return (JSON.parse(await readFile(file, 'utf8')) as { packages: Record<string, object> })
      .packages;
  }

  /** Names of installed files that are of a kind, such as `.node`. */
  async filesLike(pattern: RegExp): Promise<string[]> {
    const files = await readdir(join(this.folder, 'node_modules'), { recursive: true });

    return files.filter((file) => pattern.test(basename(file)));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
