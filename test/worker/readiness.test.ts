// When an app is served: as soon as it says that it is ready, in one of its ways. With real workers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hearMessages } from '../../src/worker/parent-messages.ts';
import { ask } from '../arbiter/service.ts';
import { withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('readiness');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

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

  test("is not served before it calls process.send('ready'), where that is waited for", TIMEOUT, async () => {
    write(
      'sends.cjs',
      `const { createServer } = require('node:http');
      createServer((req, res) => res.end('ready')).listen(0, '127.0.0.1', () => {
        console.log(process.connected, process.send({ type: 'news' }), process.send({ type: 'news' }));
        process.once('SIGUSR2', () => process.send('ready'));
        console.log('worker', process.pid, 'listens');
      });`,
    );
    const args = ['sends.cjs', '--wait-ready', '--log-level', 'debug'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const pid = Number(await child.printed(/worker (\d+) listens/));
      await child.printed(/not ready yet: process\.send\('ready'\) has not been called/);
      assert.doesNotMatch(child.stdout, /listening on/);
      process.kill(pid, 'SIGUSR2');
      assert.equal((await ask(await child.url())).body, 'ready');
      assert.match(child.stdout, /^true true true$/m);
      assert.equal(child.stdout.match(/the app sends messages to a parent/g)?.length, 1);
    });
  });
});

describe('messages of an app', () => {
  type Target = Pick<NodeJS.Process, 'send' | 'disconnect' | 'connected'>;
  const log = { debug() {}, info() {}, warn() {}, error() {} };

  test('are acknowledged as those of Node are, later', async () => {
    const target = {} as Target;
    hearMessages(target, log);
    let called = false;
    const acknowledged = new Promise<unknown>((resolve) => {
      target.send!('anything', undefined, undefined, (error) => {
        called = true;
        resolve(error);
      });
    });
    assert.equal(called, false);
    assert.equal(await acknowledged, null);
    target.disconnect!();
    assert.equal(target.connected, false);
  });

  test('go to the parent that Node knows, too, where there is one', () => {
    const sent: unknown[] = [];
    const target = {
      send(this: unknown, ...args: unknown[]) {
        sent.push(this === target, ...args);
        return false;
      },
    } as unknown as Target;
    const said = hearMessages(target, log);
    assert.equal(said.ready, false);
    assert.equal(target.send!('ready'), false);
    assert.deepEqual([said.ready, ...sent], [true, true, 'ready']);
  });
});
