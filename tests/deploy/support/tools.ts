import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where administrators' programs are, which are not always in the path. */
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin'];

const packages = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  promtool: 'prometheus',
  'systemd-analyze': 'systemd',
} as const;

export type ToolName = keyof typeof packages;

/** Path of a program of Debian's, or why there is none. */
export function findTool(name: ToolName): { path: string } | { missing: string } {
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));

  return path
    ? { path }
    : {
        missing: `NOT TESTED: there is no ${name}; "npm run setup -- --deploy" installs it (Debian package ${packages[name]})`,
      };
}

/** @throws Error that says what to install. */
export function tool(name: ToolName): string {
  const found = findTool(name);

  if ('missing' in found) throw new Error(found.missing);

  return found.path;
}
