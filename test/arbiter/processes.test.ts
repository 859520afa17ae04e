// The arbiter with real workers, real signals and real connections: what clients notice, which is nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Child, withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';
import { ask, Load, logged } from './service.ts';

const { directory, write } = temporaryFolder('arbiter');

const QUICK = ['--keep-alive-grace', '200ms', '--min-uptime', '20ms', '--log-level', 'debug'];
const TIMEOUT = { timeout: 60_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

const APP = write(
  'app.mjs',
  `function burn() { for (;;) Math.random(); }
  export default async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/loop') burn();
    if (pathname === '/exit') process.exit(9);
    if (pathname === '/slow') { console.log('slow one'); await new Promise((resolve) => setTimeout(resolve, 700)); }
    return new Response(String(process.pid));
  };`,
);

function serve(app: string, args: readonly string[], use: (child: Child) => Promise<void>): Promise<void> {
  return withSiskin([app, '--bind', '127.0.0.1:0', ...QUICK, ...args], { cwd: directory }, use);
}

onLinux('workers', () => {
  test(
    'serve on one port, and one that is killed is replaced, with its connections waiting',
    TIMEOUT,
    async () => {
      await serve(APP, ['-w', '2'], async (child) => {
        const url = await child.url();
        await logged(child, /worker \d+ serves/, 2);
        const pids = new Set<string>();
        for (let i = 0; i < 100 && pids.size < 2; i++) pids.add((await ask(url)).body);
        assert.equal(pids.size, 2);
        for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
        // Nobody is there to accept, and nobody is refused.
        const next = await Promise.all(Array.from({ length: 20 }, () => ask(url)));
        for (const { body } of next) assert.ok(!pids.has(body));
        await logged(child, /was killed \(SIGKILL\).*another takes its place/, 2);
      });
    },
  );

  test('that end by themselves are replaced', TIMEOUT, async () => {
    await serve(APP, [], async (child) => {
      const url = await child.url();
      await assert.rejects(ask(`${url}/exit`));
      assert.equal((await ask(url)).status, 200);
      await logged(child, /ended with status 9/);
    });
  });

  test(
    'whose handler loops are named with request and stack, and replaced; others go on',
    TIMEOUT,
    async () => {
      await serve(APP, ['-w', '2', '--stall-warning', '300ms', '--timeout', '1500ms'], async (child) => {
        const url = await child.url();
        await logged(child, /worker \d+ serves/, 2);
        const looping = ask(`${url}/loop`);
        looping.catch(() => {});
        await logged(child, /its event loop is blocked/);
        const line = child.stderr.split('\n').find((each) => each.includes('is blocked'))!;
        const { msg, err, workerPid } = JSON.parse(line);
        assert.match(msg, /blocked, in GET \/loop$/);
        assert.match(err.stack, /at burn \(.*app\.mjs:1:\d+\)\n\s+at default \(.*app\.mjs:4:\d+\)$/);
        assert.notEqual(workerPid, child.process.pid);
        await assert.rejects(looping);
        await logged(child, /was deaf for \d+ ms in GET \/loop \(timeout\) and was killed/);
        assert.equal((await ask(url)).status, 200);
      });
    },
  );

  test('finish what is in flight when the arbiter stops, and the status is 0', TIMEOUT, async () => {
    await serve(APP, ['-w', '2'], async (child) => {
      const url = await child.url();
      const slow = ask(`${url}/slow`);
      await child.printed(/slow one/);
      child.process.kill('SIGTERM');
      assert.equal((await slow).status, 200);
      assert.deepEqual(await child.exit, [0, null]);
    });
  });

  test('finish what is in flight where somebody stops them along with the arbiter', TIMEOUT, async () => {
    await serve(APP, [], async (child) => {
      const url = await child.url();
      const pid = Number((await ask(url)).body);
      const slow = ask(`${url}/slow`);
      await child.printed(/slow one/);
      process.kill(pid, 'SIGTERM');
      child.process.kill('SIGTERM');
      assert.equal((await slow).status, 200);
      assert.deepEqual(await child.exit, [0, null]);
    });
  });

  test('finish what is in flight and end when the arbiter is killed', TIMEOUT, async () => {
    await serve(APP, ['-w', '2'], async (child) => {
      const url = await child.url();
      const slow = ask(`${url}/slow`);
      await child.printed(/slow one/);
      child.process.kill('SIGKILL');
      assert.equal((await slow).status, 200);
      // They hold its standard output: it is closed when they have ended.
      assert.deepEqual(await child.exit, [null, 'SIGKILL']);
      assert.match(child.stderr, /the arbiter has gone/);
    });
  });

  test('end when the arbiter is killed that has not read what they said', TIMEOUT, async () => {
    await serve(APP, ['-w', '2', '--stall-warning', '100ms'], async (child) => {
      const url = await child.url();
      child.process.kill('SIGSTOP');
      // Meanwhile there are beats that nobody reads.
      await ask(`${url}/slow`);
      child.process.kill('SIGKILL');
      assert.deepEqual(await child.exit, [null, 'SIGKILL']);
    });
  });

  test('of a program share the address that it asks for, and keep it', TIMEOUT, async () => {
    const program = write(
      'program.cjs',
      `const http = require('node:http');
      const server = http.createServer((req, res) => res.end(String(process.pid)));
      server.listen(0, '127.0.0.1', () => console.log('port', server.address().port));`,
    );
    await withSiskin([program, ...QUICK, '-w', '2'], { cwd: directory }, async (child) => {
      const url = await child.url();
      await logged(child, /worker \d+ serves/, 2);
      const pids = new Set<string>();
      for (let i = 0; i < 100 && pids.size < 2; i++) pids.add((await ask(url)).body);
      assert.equal(pids.size, 2);
      process.kill(Number([...pids][0]), 'SIGKILL');
      await logged(child, /worker \d+ serves/, 3);
      const ports = new Set(child.stdout.match(/^port \d+$/gm));
      assert.equal(ports.size, 1);
    });
  });

  test('are more by TTIN and fewer by TTOU, with nobody refused', TIMEOUT, async () => {
    await serve(APP, ['-w', '1'], async (child) => {
      const load = new Load(await child.url());
      for (let i = 0; i < 3; i++) {
        child.process.kill('SIGTTIN');
        await logged(child, /worker \d+ serves/, 2 + i);
        child.process.kill('SIGTTOU');
        await logged(child, /one worker fewer/, 1 + i);
      }
      await load.stop();
      assert.deepEqual(load.failures, []);
    });
  });

  test(
    'are not begun a second time where the app does not load: its error is said once, status 3',
    TIMEOUT,
    async () => {
      const broken = write('broken.mjs', 'throw new Error("no database");');
      await serve(broken, ['-w', '3'], async (child) => {
        assert.deepEqual(await child.exit, [3, null]);
        assert.equal(child.stderr.match(/Error: no database/g)!.length, 1, child.stderr);
      });
    },
  );
});

onLinux('a reload', () => {
  test('brings new code and drops nothing', TIMEOUT, async () => {
    const app = write('versions.mjs', 'export default () => new Response("version 0");');
    await serve(app, ['-w', '2'], async (child) => {
      const url = await child.url();
      await logged(child, /worker \d+ serves/, 2);
      const load = new Load(url);
      for (let version = 1; version <= 3; version++) {
        write(app, `export default () => new Response("version ${version}");`);
        child.process.kill('SIGHUP');
        await logged(child, /reload: done/, version);
        // The old ones drain.
        await logged(child, /"msg":"stopped"/, 2 * version);
        assert.equal((await ask(url)).body, `version ${version}`);
      }
      await load.stop();
      assert.deepEqual(load.failures, []);
      assert.ok(load.answers > 100, `${load.answers} answers`);
    });
  });

  test('to code that does not load leaves the old code serving, and says why', TIMEOUT, async () => {
    const app = write('breaks.mjs', 'export default () => new Response("good");');
    await serve(app, ['-w', '2'], async (child) => {
      const url = await child.url();
      await logged(child, /worker \d+ serves/, 2);
      write(app, 'export default () => new Response("bad"');
      child.process.kill('SIGHUP');
      await logged(child, /reload failed, the old workers go on serving/);
      assert.match(child.stderr, /breaks\.mjs/);
      assert.equal((await ask(url)).body, 'good');
      write(app, 'export default () => new Response("better");');
      child.process.kill('SIGHUP');
      await logged(child, /reload: done/);
      await logged(child, /"msg":"stopped"/, 2);
      assert.equal((await ask(url)).body, 'better');
    });
  });
});

onLinux('the arbiter', () => {
  test('goes on when nobody reads its log any more', TIMEOUT, async () => {
    await serve(APP, [], async (child) => {
      const url = await child.url();
      const { body } = await ask(url);
      child.process.stdout.destroy();
      child.process.stderr.destroy();
      process.kill(Number(body), 'SIGKILL');
      assert.notEqual((await ask(url)).body, body);
    });
  });

  test('never loads the app, nor what workers are made of', TIMEOUT, async () => {
    const traced = write('traced.mjs', 'export default () => new Response("x");');
    await serve(traced, [], async (child) => {
      await child.url();
      const maps = readFileSync(`/proc/${child.process.pid}/smaps_rollup`, 'utf8');
      const megabytes = Number(/^Pss:\s+(\d+)/m.exec(maps)![1]) / 1024;
      assert.ok(megabytes < 90, `${megabytes} MB`);
    });
  });
});
