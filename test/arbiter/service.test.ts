// A server as people run it, in one long story: a configuration file, `siskin ctl`, log files; with real processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { askArbiter } from '../../src/cli/conversation.ts';
import type { ControlAnswer, ControlRequest } from '../../src/protocol/index.ts';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { type Ran, siskin, withSiskin } from '../cli/child.ts';
import { MAIN } from '../cli/program.ts';
import { temporaryFolder } from '../folder.ts';
import { ask, logged } from './service.ts';

const { directory, place, write } = temporaryFolder('service');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

write('app.mjs', `export default () => new Response(process.pid + ' ' + process.env.GREETING);`);

const ctl = (...args: readonly string[]): Promise<Ran> =>
  siskin(['ctl', ...args, '--control-socket', 'ctl.sock'], { cwd: directory });

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
        const twice = await siskin(['serve'], { cwd: directory });
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

        const stopped = await ctl('stop');
        assert.deepEqual([stopped.status, stopped.stdout], [0, 'it has ended\n'], stopped.stderr);
        assert.ok(!existsSync(place('app.pid')));
        assert.ok(!existsSync(place('ctl.sock')));
        assert.deepEqual(await child.exit, [0, null]);
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
