// The programs that the benchmark needs beside Node, and where Debian keeps them.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PACKAGES: Readonly<Record<string, string>> = {
  wrk: 'wrk',
  gcc: 'gcc libc6-dev',
  taskset: 'util-linux',
  nginx: 'nginx-light',
  slowhttptest: 'slowhttptest',
};

/** The path of `tool`, or nothing where it isn't installed. Debian keeps nginx outside a user's PATH. */
export function findTool(tool: string): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, tool);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Throws a {@link MissingTool} that says how to install what is missing of `tools`. */
export function requireTools(...tools: readonly string[]): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length > 0) throw new MissingTool(missing);
}

export class MissingTool extends Error {
  override readonly name = 'MissingTool';

  constructor(tools: readonly string[]) {
    const packages = tools.map((tool) => PACKAGES[tool] ?? tool).join(' ');
    super(`${tools.join(' and ')} not found; on Debian: apt-get install ${packages}`);
  }
}
