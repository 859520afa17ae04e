// The app of examples/deploy: it is what siskin check says it is, and answers where probes ask.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { withSiskin } from '../cli/child.ts';
import { check, DEPLOY, FOLDER } from './deployed-app.ts';

test('siskin check finds that it can be served', { timeout: 60_000 }, async () => {
  const { ok, warnings } = await check();
  assert.deepEqual([ok, warnings], [true, []]);
});

test('it answers the probes of the manifest, and ends when it is told to', { timeout: 60_000 }, async () => {
  const text = readFileSync(new URL('kubernetes.yaml', DEPLOY), 'utf8');
  const { containers } = parseAllDocuments(text)[0]!.toJS().spec.template.spec;
  const { startupProbe, readinessProbe, livenessProbe } = containers[0];
  const probes = [startupProbe, readinessProbe, livenessProbe] as { httpGet: { path: string } }[];
  const env = { SISKIN_BIND: '127.0.0.1:0', SISKIN_CONTROL_SOCKET: 'none', SISKIN_KEEP_ALIVE_GRACE: '100ms' };
  await withSiskin([], { cwd: FOLDER, env }, async (child) => {
    const url = await child.url();
    for (const { httpGet } of probes) {
      const { status } = await fetch(url + httpGet.path);
      assert.equal(status, 200, httpGet.path);
    }
    assert.match(await (await fetch(url)).text(), /^Hello from process \d+!/);
    assert.equal((await fetch(`${url}/none`)).status, 404);
    child.process.kill('SIGTERM');
    assert.deepEqual(await child.exit, [0, null]);
  });
});
