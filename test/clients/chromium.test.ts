// A real browser on the example page: style, script, POST with fetch, a streamed answer, server-sent events, a form with a
// file, an answer that is given up.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, Siskin } from './command.ts';
import { withTool } from './tools.ts';

withTool('chromium', 'Chromium uses the example page as a person would', async (chromium) => {
  await using siskin = await Siskin.serve('test/clients/browser-app.ts', ['--access-log']);
  const profile = mkdtempSync(join(tmpdir(), 'siskin-chromium-'));
  const { stdout, stderr } = await run(chromium, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    '--enable-logging=stderr',
    `--user-data-dir=${profile}`,
    '--dump-dom',
    `${siskin.url}/check`,
  ]);
  rmSync(profile, { recursive: true, maxRetries: 5 });
  const shown = /<pre id="result">(.*)<\/pre>/.exec(stdout)?.[1] ?? '';
  assert.ok(shown.startsWith('{'), [stdout, stderr, siskin.stdout, siskin.stderr].join('\n'));
  assert.deepEqual(
    JSON.parse(shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')),
    {
      posted: '42',
      streamed: 'Each word in a piece.',
      events: 'tick 3 of 3',
      styled: 'grid',
      greeting: 'Hello, Ada <b>& Grace</b>!',
      file: 'Your file has 300000 bytes.',
      aborted: 'AbortError',
      cancelled: 'the server knows',
      many: true,
    },
  );
  assert.equal(siskin.stderr, '');
  assert.equal(await siskin.stop(), 0);
});
