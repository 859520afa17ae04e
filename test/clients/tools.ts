// The programs that these tests drive, and the Debian packages they come from. Where one is missing its tests are
// skipped, and their names say what to install.

import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

const PACKAGES = {
  ab: 'apache2-utils',
  chromium: 'chromium',
  curl: 'curl',
  h2load: 'nghttp2-client',
  nginx: 'nginx-light',
  postgres: 'postgresql',
  'systemd-analyze': 'systemd',
  wrk: 'wrk',
} as const;

type Tool = keyof typeof PACKAGES;

/** Where the program is; `undefined` where it isn't. Debian keeps servers out of most people's PATH, and PostgreSQL's of all. */
function find(tool: Tool): string | undefined {
  const servers = ['/usr/sbin', '/usr/local/sbin', ...globSync('/usr/lib/postgresql/*/bin')];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...servers];
  return folders.map((folder) => join(folder, tool)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A test that needs the program; `body` is given its path. */
export function withTool(tool: Tool, name: string, body: (path: string) => Promise<void>): void {
  withTools([tool], name, ([path]) => body(path!));
}

/** A test that needs all of them, in this order. */
export function withTools(
  tools: readonly Tool[],
  name: string,
  body: (paths: readonly string[]) => Promise<void>,
): void {
  const paths = tools.map(find);
  const missing = tools[paths.indexOf(undefined)];
  if (missing === undefined) test(name, { timeout: 60_000 }, () => body(paths as string[]));
  else
    test(`${name} (needs ${missing}: install the Debian package ${PACKAGES[missing]})`, {
      skip: true,
    }, () => {});
}
