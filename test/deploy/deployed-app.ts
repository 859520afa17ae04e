// examples/deploy as it is in a folder of its own, where `siskin` is a package that is installed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import type { Settings } from '../../src/config/index.ts';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { installIn, MAIN } from '../cli/program.ts';

export const DEPLOY = new URL('../../examples/deploy/', import.meta.url);

/** The app's files, and the package, installed. */
function deploy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-deploy-'));
  after(() => rmSync(folder, { recursive: true }));
  for (const file of ['app.ts', 'siskin.config.ts', 'package.json'])
    copyFileSync(new URL(file, DEPLOY), join(folder, file));
  installIn(folder);
  return folder;
}

export const FOLDER = deploy();

let plain: Promise<Checked> | undefined;

/** What `siskin check` says. */
export function check(env?: Readonly<Record<string, string>>): Promise<Checked> {
  if (env !== undefined) return runCheck(env);
  plain ??= runCheck({});
  return plain;
}

async function runCheck(env: Readonly<Record<string, string>>): Promise<Checked> {
  const options = { cwd: FOLDER, env: { ...BARE_ENVIRONMENT, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'check', '--json'], options);
  return JSON.parse(stdout) as Checked;
}

interface Checked {
  readonly ok: boolean;
  readonly warnings: readonly string[];
  readonly settings: { readonly [Key in keyof Settings]: { readonly value: Settings[Key] } };
}

/** The settings of the example; there is nothing to warn of. */
export async function settingsOf(env?: Readonly<Record<string, string>>): Promise<Settings> {
  const { warnings, settings } = await check(env);
  assert.deepEqual(warnings, []);
  const values = Object.entries(settings).map(([key, { value }]) => [key, value]);
  return Object.fromEntries(values) as Settings;
}
