import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const require = createRequire(import.meta.url);
const modules = join(import.meta.dirname, '..', '..', 'node_modules');

export interface Project {
  /** Names in `app/`, without extension. */
  files: string[];
  /** Packages of this repository's, by the names under which the project has them. */
  packages: Record<string, string>;
  type?: 'module' | 'commonjs';
  compilerOptions?: Record<string, unknown>;
}

/**
 * Compiles files of the application in a project outside of this repository that has these
 * packages and no others, under the strictest settings, declarations included.
 *
 * @returns What the compiler says: nothing, if all is well.
 */
export async function compile(project: Project): Promise<string> {
  const { files, packages, type = 'module', compilerOptions } = project;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tureen-types-')));

  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, target] of Object.entries({ ...packages, '@types/node': '@types/node' })) {
    const link = join(folder, 'node_modules', name);

    await mkdir(dirname(link), { recursive: true });
    await symlink(join(modules, target), link);
  }
  for (const file of files) {
    await cp(join(import.meta.dirname, 'app', `${file}.ts`), join(folder, `${file}.ts`));
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        noUncheckedIndexedAccess: true,
        noUncheckedSideEffectImports: true,
        target: 'ES2022',
        lib: ['ES2023'],
        types: ['node'],
        module: 'NodeNext',
        ...compilerOptions,
      },
      files: files.map((file) => `${file}.ts`),
    }),
  );

  return run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', folder]);
}

/** Everything that the command printed. */
function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
