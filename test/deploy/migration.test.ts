// docs/from-gunicorn.md and docs/from-pm2.md: their configuration files are what siskin check can read.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { MAIN } from '../cli/program.ts';
import { FOLDER } from './deployed-app.ts';

/** The first block of code in the page that begins so. */
function block(page: string, fence: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const [, found] = new RegExp(`^ *\`\`\`${fence}\n([\\s\\S]*?)^ *\`\`\`$`, 'm').exec(text) ?? [];
  assert.ok(found !== undefined, `${page} has no such block`);
  return found;
}

async function check(config: string): Promise<{ ok: boolean; warnings: string[]; app: string }> {
  const file = join(FOLDER, 'migrated.config.ts');
  writeFileSync(file, config.replaceAll('/var/log/shop', FOLDER));
  const options = { cwd: FOLDER, env: { ...BARE_ENVIRONMENT } };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [MAIN, 'check', '--json', '-c', file],
    options,
  );
  return JSON.parse(stdout);
}

test('what gunicorn.conf.py becomes can be served', async () => {
  const { ok, warnings, app } = await check(block('from-gunicorn.md', 'ts'));
  assert.deepEqual([ok, warnings, app], [true, [], 'app.ts']);
});

test('what ecosystem.config.js becomes can be served, once it is ready', async () => {
  writeFileSync(join(FOLDER, 'server.js'), block('from-pm2.md', 'js\n  // server.js'));
  const { ok, warnings, app } = await check(block('from-pm2.md', 'ts'));
  assert.deepEqual([ok, warnings, app], [true, [], 'server.js']);
});
