// When an app is served: as soon as it says that it is ready, in one of its ways. With real workers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ask } from '../arbiter/service.ts';
import { withSiskin } from '../cli/child.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin-readiness-'));
after(() => rmSync(directory, { recursive: true }));

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

function write(name: string, source: string): string {
  writeFileSync(join(directory, name), source);
  return name;
}

onLinux('an app that is not ready', () => {
  test('is not served before it says that it is, by its own words and by its path', TIMEOUT, async () => {
    write(
      'slow.mjs',
      `let asked = 0, probed = 0;
      export const ready = () => { console.log('ready? ' + asked); return ++asked > 2; };
      export default (request) => {
        if (new URL(request.url).pathname !== '/healthz') return new Response(asked + ' ' + probed);
        return new Response(null, { status: ++probed > 1 ? 204 : 503 });
      };`,
    );
    const args = ['slow.mjs', '--ready-path', '/healthz', '--bind', '127.0.0.1:0', '--log-level', 'debug'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      assert.equal((await ask(url)).body, '3 2');
      assert.match(child.stdout, /not ready yet: ready\(\) returns false/);
      assert.match(child.stdout, /not ready yet: GET \/healthz answers 503/);
    });
  });
});
