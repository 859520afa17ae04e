// What goes wrong around workers, with real processes: each is said, and the rest goes on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { withSiskin } from '../cli/child.ts';
import { MAIN } from '../cli/program.ts';
import { ask, logged } from './service.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin-faults-'));
after(() => rmSync(directory, { recursive: true }));

const TIMEOUT = { timeout: 60_000 };
const FLAGS = ['--log-level', 'debug'];
const onLinux = process.platform === 'linux' ? describe : describe.skip;

function write(name: string, source: string): string {
  writeFileSync(join(directory, name), source);
  return name;
}

const APP = write('app.mjs', 'export default () => new Response(String(process.pid));');

onLinux('an app', () => {
  test('that exits while it loads is not started again, and the status is not 0', TIMEOUT, async () => {
    await withSiskin(
      [write('exits.mjs', 'process.exit(0);'), ...FLAGS],
      { cwd: directory },
      async (child) => {
        assert.deepEqual(await child.exit, [3, null]);
        assert.match(child.stderr, /nothing is served: the worker ended with status 0/);
      },
    );
  });

  test('that does not end when it is told to is killed at the graceful timeout', TIMEOUT, async () => {
    const app = write(
      'stays.mjs',
      `process.on('SIGTERM', () => {});
      export default () => new Response('here');`,
    );
    const args = [app, '--bind', '127.0.0.1:0', '--graceful-timeout', '100ms', ...FLAGS];
    await withSiskin(args, { cwd: directory }, async (child) => {
      assert.equal((await ask(await child.url())).body, 'here');
      child.process.kill('SIGTERM');
      assert.deepEqual(await child.exit, [0, null]);
    });
  });
});

onLinux('descriptors that run out', () => {
  test('keep workers from being started, and those that are there go on', TIMEOUT, async () => {
    // Three for each worker; Node itself has some twenty.
    const command = `ulimit -n 38; exec "${process.execPath}" "${MAIN}" serve ${APP} --bind 127.0.0.1:0 -w 8 ${FLAGS.join(' ')}`;
    const child = spawn('sh', ['-c', command], { cwd: directory, env: BARE_ENVIRONMENT });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      }
    };
    const [, url] = await said(/listening on (http:[^\s,]+)/);
    await said(/a worker could not be started: .*EMFILE.*the next try is in/);
    assert.match((await ask(url!)).body, /^\d+$/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.doesNotMatch(output, /Unhandled/);
  });
});

onLinux('a unix socket', () => {
  test('that a crash has left is taken over by the next start', TIMEOUT, async () => {
    const path = join(directory, 'app.sock');
    const args = [APP, '--bind', `unix:${path}`, ...FLAGS];
    await withSiskin(args, { cwd: directory }, async (child) => {
      await logged(child, /listening on/);
      child.process.kill('SIGKILL');
      await child.exit;
    });
    assert.ok(existsSync(path), 'nobody has cleaned up');
    await withSiskin(args, { cwd: directory }, async (child) => {
      await logged(child, /listening on/);
      assert.match(await askUnix(path), /^\d+$/);
    });
  });
});

function askUnix(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/' }, (response) => resolve(text(response))).on('error', reject);
  });
}
