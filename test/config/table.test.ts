// The settings table as a whole: each row can stand, and its three names agree.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { SECTIONS, SETTINGS } from '../../src/config/index.ts';
import { formatValue } from '../../src/config/kinds.ts';
import { readValue } from '../../src/config/schema.ts';
import { flagOf, variableOf } from '../../src/config/setting.ts';

const ROWS = Object.entries(SETTINGS);

test('every default passes its own check, as a value and as it is shown', () => {
  for (const [key, row] of ROWS) {
    assert.deepEqual(readValue(row.kind, row.default), { ok: true, value: row.default }, key);
    // A text that is absent is shown as what that means.
    if (row.kind.type === 'text' || row.kind.type === 'texts') continue;
    const shown = formatValue(row.kind, row.default);
    assert.deepEqual(readValue(row.kind, shown), { ok: true, value: row.default }, `${key} from ${shown}`);
  }
});

test('flag and variable follow from the key', () => {
  assert.equal(flagOf('forwardedAllowIps'), '--forwarded-allow-ips');
  assert.equal(variableOf('forwardedAllowIps'), 'SISKIN_FORWARDED_ALLOW_IPS');
});

test('every row says what it does and why, in the form that help and docs expect', () => {
  for (const [key, row] of ROWS) {
    assert.match(row.description, /^[A-Z].*[^.]$/, key);
    assert.match(row.reason, /^[A-Z].*\.$/, key);
  }
});

test('no key is in two sections', () => {
  const keys = SECTIONS.flatMap((section) => Object.keys(section.settings));
  assert.equal(keys.length, new Set(keys).size);
  assert.deepEqual([...keys].sort(), Object.keys(SETTINGS).sort());
});

test('defaults are had without loading zod', () => {
  const entry = JSON.stringify(new URL('../../src/config/index.ts', import.meta.url).href);
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(specifier, context, next) { if (specifier === 'zod') throw new Error('zod'); return next(specifier, context); } });
    const { defaultSettings } = await import(${entry});
    process.stdout.write(String(defaultSettings().backlog));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.equal(child.stdout, '2048', child.stderr);
});
