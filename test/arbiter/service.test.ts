// A server as people run it: a configuration file, `siskin ctl`, log files, a successor; with real processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { askArbiter } from '../../src/cli/ctl.ts';
import type { ControlAnswer, ControlRequest } from '../../src/protocol/index.ts';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { type Child, withSiskin } from '../cli/child.ts';
import { MAIN } from '../cli/program.ts';
import { ask, Load, logged } from './service.ts';

const directory = mkdtempSync(join(tmpdir(), 'siskin-service-'));
after(() => rmSync(directory, { recursive: true }));

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;
const place = (name: string): string => join(directory, name);

function write(name: string, source: string): string {
  writeFileSync(place(name), source);
  return name;
}

write(
  'app.mjs',
  `import { writeSync } from 'node:fs';
  export default (request) => {
    if (new URL(request.url).pathname === '/loop') for (writeSync(1, 'it loops\\n'); ; ) Math.random();
    return new Response(process.pid + ' ' + process.env.GREETING);
  };`,
);

/** Of those tests that have no use for the one of another. */
const NO_CONFIG = write('none.mjs', 'export default {}');

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function siskin(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: directory,
    env: { ...BARE_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await exited, stdout, stderr };
}

const ctl = (...args: readonly string[]): Promise<Ran> =>
  siskin({}, 'ctl', ...args, '--control-socket', 'ctl.sock');

/** `siskin top` with a reader who goes after the first lines. */
async function topUntilRead(): Promise<Omit<Ran, 'stdout'>> {
  const child = spawn(process.execPath, [MAIN, 'top', '--control-socket', 'ctl.sock'], {
    cwd: directory,
    env: BARE_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdout.once('data', () => child.stdout.destroy());
  const stderr = await text(child.stderr);
  return { status: await exited, stderr };
}

/** What `siskin ctl` asks, without the command around it. */
const order = (request: ControlRequest): Promise<ControlAnswer> => askArbiter(request, place('ctl.sock'));

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

onLinux('a server with a configuration file', () => {
  test(
    'is what the file says, now and after a reload, and does what siskin ctl tells it',
    TIMEOUT,
    async () => {
      const [first, second] = [await freePort(), await freePort()];
      const config = (greeting: string, binds: readonly string[]): string =>
        write(
          'siskin.config.mjs',
          `import { appendFileSync } from 'node:fs';
        const tell = (name) => (info) => appendFileSync('hooks.log', name + ' ' + JSON.stringify(info) + '\\n');
        export default {
          app: 'app.mjs', workers: 2, bind: ${JSON.stringify(binds)}, minUptime: 20, keepAliveGrace: '100ms', logLevel: 'debug',
          env: { GREETING: '${greeting}' }, controlSocket: 'ctl.sock', pidfile: 'app.pid',
          accessLogFile: 'access.log', logFormat: 'human',
          onStarting: tell('onStarting'), postWorkerInit: tell('postWorkerInit'), childExit: tell('childExit'),
        };`,
        );
      config('hello', [`127.0.0.1:${first}`]);
      await withSiskin([], { cwd: directory, env: { SISKIN_CONTROL_SOCKET: '' } }, async (child) => {
        await logged(child, /worker \d+ serves/, 2);
        const url = `http://127.0.0.1:${first}`;
        assert.match((await ask(url)).body, /^\d+ hello$/);

        // Who may ask, and what is said.
        assert.equal(statSync(place('ctl.sock')).mode & 0o777, 0o600);
        const status = JSON.parse((await ctl('status', '--json')).stdout).status;
        assert.equal(status.state, 'serving');
        assert.equal(status.pid, child.process.pid);
        assert.deepEqual(
          status.workers.map(({ slot, state }: { slot: number; state: string }) => `${slot} ${state}`),
          ['0 serving', '1 serving'],
        );
        assert.match((await ctl('stacks')).stdout, /^worker \d+: waits for events$/m);

        // A second one does not start.
        assert.equal(Number(readFileSync(place('app.pid'), 'utf8')), child.process.pid);
        const twice = await siskin({}, 'serve');
        assert.equal(twice.status, 2);
        assert.match(
          twice.stderr,
          new RegExp(`app.pid says that process ${child.process.pid} serves already`),
        );

        // Log files are opened anew.
        renameSync(place('access.log'), place('access.log.1'));
        assert.equal((await order({ command: 'reopen' })).ok, true);
        // Workers hear of it in a moment.
        while (!readFileSync(place('access.log'), 'utf8').includes('"GET /after HTTP/1.1" 200'))
          await ask(`${url}/after`);
        assert.match(readFileSync(place('access.log.1'), 'utf8'), /"GET \/ HTTP\/1.1" 200/);

        // A reload that can't be.
        const taken = createServer().listen(second, '127.0.0.1');
        await new Promise((resolve) => taken.once('listening', resolve));
        config('changed', [`127.0.0.1:${first}`, `127.0.0.1:${second}`]);
        const refused = await ctl('reload');
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /old workers go on serving \(0 of 2 workers are new\).*in use/s);
        assert.match((await ask(url)).body, /^\d+ hello$/);
        taken.close();

        // And one that is, with another address in the place of the first.
        config('changed', [`127.0.0.1:${second}`]);
        const reloaded = await ctl('reload');
        assert.deepEqual([reloaded.status, reloaded.stdout], [0, '2 workers are new\n'], reloaded.stderr);
        assert.match((await ask(`http://127.0.0.1:${second}`)).body, /^\d+ changed$/);
        while (
          await ask(url).then(
            () => true,
            () => false,
          )
        );

        assert.equal((await order({ command: 'scale', workers: 3 })).message, '3 workers');
        assert.deepEqual(await topUntilRead(), { status: 0, stderr: '' });
        await logged(child, /worker \d+ serves/, 5);
        const victim = Number.parseInt((await ask(`http://127.0.0.1:${second}`)).body, 10);
        assert.equal((await order({ command: 'kill', pid: victim })).ok, true);
        await logged(child, /was killed by siskin ctl: another takes its place/);
        assert.match((await order({ command: 'kill', pid: 1 })).message ?? '', /1 is no worker; they are/);

        assert.equal((await order({ command: 'stop' })).message, 'it stops');
        assert.deepEqual(await child.exit, [0, null]);
        assert.ok(!existsSync(place('app.pid')));
        assert.ok(!existsSync(place('ctl.sock')));
        const hooks = readFileSync(place('hooks.log'), 'utf8');
        assert.match(hooks, new RegExp(`^onStarting {"pid":${child.process.pid}}$`, 'm'));
        assert.match(hooks, /^postWorkerInit {"pid":\d+,"slot":1}$/m);
        assert.match(
          hooks,
          new RegExp(`^childExit {"slot":\\d,"pid":${victim},"code":null,"signal":"SIGKILL"}$`, 'm'),
        );
      });
      const gone = await ctl('status');
      assert.equal(gone.status, 1);
      assert.match(gone.stderr, /the arbiter at ctl.sock does not answer/);
    },
  );
});

onLinux('a new arbiter', () => {
  test('takes over and hands over again under load, and drops nothing', TIMEOUT, async () => {
    const flags = ['app.mjs', '-c', NO_CONFIG, '-w', '2', '--min-uptime', '20ms'];
    const quick = ['--keep-alive-grace', '200ms', '--log-level', 'debug'];
    await withSiskin([...flags, ...quick, '--bind', '127.0.0.1:0'], { cwd: directory }, async (child) => {
      const url = await child.url();
      await logged(child, /worker \d+ serves/, 2);
      const load = new Load(url);
      let newest = child.process.pid!;
      try {
        for (const turn of [1, 2]) {
          process.kill(newest, 'SIGUSR2');
          newest = Number(await printedTimes(child, /a new arbiter, (\d+), is started/g, turn));
          await logged(child, /handed over, ended/, turn);
        }
        await load.stop();
        assert.deepEqual(load.failures, []);
        assert.ok(load.answers > 50, String(load.answers));
      } finally {
        await load.stop();
        process.kill(newest, 'SIGQUIT');
      }
      await child.exit;
    });
  });
});

onLinux('a new arbiter that fails', () => {
  test('leaves the old one serving, at TCP and unix sockets', TIMEOUT, async () => {
    write('breaks.mjs', 'export default () => new Response("good");');
    const path = place('takeover.sock');
    const args = ['breaks.mjs', '-c', NO_CONFIG, '--bind', '127.0.0.1:0', '--bind', `unix:${path}`];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      write('breaks.mjs', 'export default () => new Response("bad"');
      child.process.kill('SIGUSR2');
      await logged(child, /no new arbiter, everything stays as it is/);
      assert.equal((await ask(url)).body, 'good');
      assert.ok(existsSync(path));
    });
  });
});

async function printedTimes(child: Child, pattern: RegExp, times: number): Promise<string> {
  await logged(child, pattern, times);
  return [...child.stdout.matchAll(pattern)][times - 1]![1]!;
}

onLinux('a worker that hangs', () => {
  test(
    'keeps nobody waiting longer than it takes to notice, those in its queue included',
    TIMEOUT,
    async () => {
      const flags = ['app.mjs', '-c', NO_CONFIG, '-w', '2'];
      await withSiskin(
        [...flags, '--bind', '127.0.0.1:0', '--log-level', 'debug'],
        { cwd: directory },
        async (child) => {
          const url = await child.url();
          await logged(child, /worker \d+ serves/, 2);
          const hanging = ask(`${url}/loop`).catch(() => {});
          await logged(child, /it loops/);
          const start = performance.now();
          const answers = await Promise.all(Array.from({ length: 60 }, () => ask(url)));
          const waited = performance.now() - start;
          assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
          // The warning comes after a second; the machine that tests run on may be slow.
          assert.ok(waited < 3000, `${waited} ms`);
          child.process.kill('SIGQUIT');
          await hanging;
        },
      );
    },
  );
});

onLinux('a reload after a deployment', () => {
  test(
    'follows the link that the server was started in, and reads environment files anew',
    TIMEOUT,
    async () => {
      const release = (name: string, version: string): void => {
        mkdirSync(place(name));
        write(
          `${name}/app.mjs`,
          `export default () => new Response('${version} ' + process.env.COLOR + ' ' + process.cwd());`,
        );
        write(`${name}/.env`, `COLOR=${version === 'one' ? 'red' : 'blue'}\nSISKIN_BACKLOG=77`);
      };
      release('one', 'one');
      release('two', 'two');
      symlinkSync('one', place('current'));
      const cwd = place('current');
      const args = ['app.mjs', '--env-file', '.env', '--bind', '127.0.0.1:0', '--min-uptime', '20ms'];
      // As a shell sets it.
      await withSiskin(args, { cwd, env: { PWD: cwd } }, async (child) => {
        const url = await child.url();
        assert.equal((await ask(url)).body, `one red ${place('one')}`);
        rmSync(place('current'));
        symlinkSync('two', place('current'));
        child.process.kill('SIGHUP');
        await logged(child, /reload: done/);
        let { body } = await ask(url);
        // The old worker may have a last word.
        while (body.startsWith('one')) ({ body } = await ask(url));
        assert.equal(body, `two blue ${place('two')}`);
      });
    },
  );
});

onLinux('siskin ctl', () => {
  test('finds a server by the directory that both are started in, for its user alone', TIMEOUT, async () => {
    const env = { SISKIN_CONTROL_SOCKET: '', XDG_RUNTIME_DIR: place('runtime') };
    mkdirSync(place('runtime'));
    const flags = ['app.mjs', '-c', NO_CONFIG, '--bind', '127.0.0.1:0'];
    await withSiskin(flags, { cwd: directory, env }, async (child) => {
      await child.url();
      assert.equal(statSync(place('runtime/siskin')).mode & 0o777, 0o700);
      const found = await siskin(env, 'ctl', 'status', '-c', 'none.mjs');
      assert.match(
        found.stdout,
        new RegExp(`^app.mjs at http.*arbiter ${child.process.pid}, up \\d+s$`, 'm'),
      );
      child.process.kill('SIGKILL');
      await child.exit;
    });
    assert.equal(readdirSync(place('runtime/siskin')).length, 1);
    const gone = await siskin(env, 'ctl', 'status', '-c', 'none.mjs');
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /no siskin serve was started in/);
    assert.deepEqual(readdirSync(place('runtime/siskin')), [], 'what the crash has left is gone');
  });
});

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
    const flags = ['slow.mjs', '-c', NO_CONFIG];
    const args = [...flags, '--ready-path', '/healthz', '--bind', '127.0.0.1:0', '--log-level', 'debug'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      assert.equal((await ask(url)).body, '3 2');
      assert.match(child.stdout, /not ready yet: ready\(\) returns false/);
      assert.match(child.stdout, /not ready yet: GET \/healthz answers 503/);
    });
  });
});

onLinux('a log that can not be written', () => {
  test('stops nobody', TIMEOUT, async () => {
    const flags = ['app.mjs', '-c', NO_CONFIG];
    const args = [...flags, '--access-log-file', '/dev/full', '--bind', '127.0.0.1:0'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      for (let i = 0; i < 3; i++) assert.equal((await ask(url)).status, 200);
      assert.equal(child.stderr.match(/lines are lost: ENOSPC/g)?.length, 1);
    });
  });
});

onLinux('siskin check', () => {
  test(
    'loads the app and says what is set, and by whom; and fails where a start would',
    TIMEOUT,
    async () => {
      const config = write('conf.mjs', `export default { app: 'app.mjs', keepAliveTimeout: '65s' };`);
      const good = await siskin({}, 'check', '--config', config, '--backlog', '99');
      assert.equal(good.status, 0, good.stderr);
      assert.match(good.stdout, /^keepAliveTimeout +65s +conf.mjs$/m);
      assert.match(good.stdout, /^backlog +99 +--backlog$/m);
      assert.match(good.stdout, /^app.mjs loads: fetch function \(--interface fetch\)$/m);
      write('broken.mjs', `throw new Error('no database');`);
      const bad = await siskin({}, 'check', 'broken.mjs', '--config', config, '--json');
      assert.equal(bad.status, 3);
      const { ok, message } = JSON.parse(bad.stdout);
      assert.equal(ok, false);
      assert.match(message, /broken.mjs did not load\n.*no database/s);
      const wrong = write('wrong.mjs', `export default { wrokers: 2, whenRead() {} };`);
      assert.match(
        (await siskin({}, 'check', '-c', wrong)).stderr,
        /whenRead: there is no such hook\n {2}expected whenReady, perhaps/,
      );
    },
  );
});
