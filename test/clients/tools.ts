// The programs that these tests drive, and the Debian packages they come from. Where one is missing its tests are
// skipped, and their names say what to install.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

const PACKAGES = {
  ab: 'apache2-utils',
  chromium: 'chromium',
  curl: 'curl',
  h2load: 'nghttp2-client',
  nginx: 'nginx-light',
  'systemd-analyze': 'systemd',
  wrk: 'wrk',
} as const;

type Tool = keyof typeof PACKAGES;

/** Where the program is; `undefined` where it isn't. Debian keeps servers out of most people's PATH. */
function find(tool: Tool): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
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
  const path = find(tool);
  if (path !== undefined) test(name, { timeout: 60_000 }, () => body(path));
  else
    test(`${name} (needs ${tool}: install the Debian package ${PACKAGES[tool]})`, { skip: true }, () => {});
}
