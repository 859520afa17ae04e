// The settings page: complete, linked within itself, and what is in docs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkLinks } from '../../scripts/links.ts';
import { settingsPage } from '../../scripts/settings-doc.ts';
import { SETTINGS } from '../../src/config/index.ts';
import { flagOf, variableOf } from '../../src/config/setting.ts';

const page = settingsPage();

test('every setting has its heading, flag, variable and reason', () => {
  for (const [key, row] of Object.entries(SETTINGS)) {
    const start = page.indexOf(`### ${key}\n`);
    assert.notEqual(start, -1, key);
    const entry = page.slice(start, page.indexOf('\n#', start + 1));
    for (const text of [flagOf(key), variableOf(key), row.reason.replace(/[*|<]/g, '\\$&')])
      assert.ok(entry.includes(text), `${key}: ${text}`);
  }
});

test('the overview links to the entries', () => {
  assert.deepEqual(checkLinks(fileURLToPath(new URL('../../docs/settings.md', import.meta.url)), page), []);
  assert.equal(page.match(/\]\(#/g)?.length, Object.keys(SETTINGS).length);
});

test('the page in docs is what the table says', () => {
  assert.equal(readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8'), page);
});
