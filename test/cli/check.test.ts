// `siskin check`: what is set, by whom, and whether the app could be served.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { siskin } from './child.ts';

const { directory, write } = temporaryFolder('check');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

write('app.mjs', 'export default () => new Response("x");');

onLinux('siskin check', () => {
  test(
    'loads the app and says what is set, and by whom; and fails where a start would',
    TIMEOUT,
    async () => {
      const config = write('conf.mjs', `export default { app: 'app.mjs', keepAliveTimeout: '65s' };`);
      const good = await siskin(['check', '--config', config, '--backlog', '99'], { cwd: directory });
      assert.equal(good.status, 0, good.stderr);
      assert.match(good.stdout, /^keepAliveTimeout +65s +conf.mjs$/m);
      assert.match(good.stdout, /^backlog +99 +--backlog$/m);
      assert.match(good.stdout, /^app.mjs loads: fetch function \(--interface fetch\)$/m);
      write('broken.mjs', `throw new Error('no database');`);
      const bad = await siskin(['check', 'broken.mjs', '--config', config, '--json'], { cwd: directory });
      assert.equal(bad.status, 3);
      const { ok, message } = JSON.parse(bad.stdout);
      assert.equal(ok, false);
      assert.match(message, /broken.mjs did not load\n.*no database/s);
      const wrong = write('wrong.mjs', `export default { wrokers: 2, whenRead() {} };`);
      assert.match(
        (await siskin(['check', '-c', wrong], { cwd: directory })).stderr,
        /whenRead: there is no such hook\n {2}expected whenReady, perhaps/,
      );
    },
  );

  test(
    'of a program that listens by itself says where that is, and not where an app would',
    TIMEOUT,
    async () => {
      write(
        'program.cjs',
        `const { createServer } = require('node:http');
      createServer(() => {}).listen(process.env.PORT ?? 3000, '127.0.0.7');
      createServer(() => {}).listen(3001, '127.0.0.8');`,
      );
      const env = { PORT: '3007' };
      const itself = await siskin(['check', 'program.cjs'], { cwd: directory, env });
      assert.equal(itself.status, 0, itself.stderr);
      assert.match(itself.stdout, /^bind +127\.0\.0\.7:3007, 127\.0\.0\.8:3001 +program\.cjs, by itself$/m);
      assert.match(
        itself.stdout,
        /^program\.cjs loads: a program that listens by itself, on 127\.0\.0\.7:3007, 127\.0\.0\.8:3001$/m,
      );
      const args = ['check', 'program.cjs', '--bind', '127.0.0.9:3009', '--json'];
      const moved = await siskin(args, { cwd: directory });
      const { listens, settings } = JSON.parse(moved.stdout);
      assert.deepEqual(listens, ['127.0.0.9:3009', '127.0.0.8:3001']);
      assert.equal(settings.bind.from, '--bind');
    },
  );
});
