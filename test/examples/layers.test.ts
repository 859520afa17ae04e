// The programs of examples/layers, run as their readers run them, and what they print.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { report as reportWithCallbacks } from '../../examples/layers/client-callbacks.ts';
import { report } from '../../examples/layers/client-coroutines.ts';
import { answer, describe as describeUser, LONGEST_LINE, USERS } from '../../examples/layers/directory.ts';
import { serve as serveWithCallbacks } from '../../examples/layers/service-callbacks.ts';
import { serve } from '../../examples/layers/service-coroutines.ts';
import type { Address } from '../../src/kernel/index.ts';
import { createSimKernel, FaultOptions, type SimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { listen } from '../../src/net/index.ts';
import { type Co, race, spawn } from '../../src/task/index.ts';

const FOLDER = new URL('../../examples/layers/', import.meta.url);
const EXPECTED = USERS.map((user) => describeUser(user, JSON.parse(answer(`GET account ${user.account}`))));

/** Runs an example to its end; what it printed, line by line. */
async function run(example: string, ...args: string[]): Promise<string[]> {
  const path = new URL(example, FOLDER).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], { timeout: 30_000 });
  return stdout.trimEnd().split('\n');
}

/** Starts an example that serves, and runs `body` with its port. */
async function serving(example: string, body: (port: number) => Promise<void>): Promise<void> {
  const path = new URL(example, FOLDER).pathname;
  const child: ChildProcess = spawnProcess(process.execPath, [path, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface(child.stdout!)) {
      await body(Number(/listening on port (\d+)/.exec(line)?.[1]));
      break;
    }
    assert.equal(child.exitCode, null);
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** What a TCP server answers to `bytes` and an end. */
async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(bytes);
  return await text(socket);
}

describe('the small service and its client', () => {
  for (const service of ['coroutines', 'callbacks']) {
    test(`with ${service}, answers both clients the same`, () =>
      serving(`service-${service}.ts`, async (port) => {
        for (const client of ['coroutines', 'callbacks']) {
          assert.deepEqual(await run(`client-${client}.ts`, String(port)), EXPECTED);
        }
      }));

    test(`with ${service}, answers questions that come in one piece, or none that make sense`, () =>
      serving(`service-${service}.ts`, async (port) => {
        const questions = ['GET user 7', 'GET account 17', 'GET user 11', 'nonsense'];
        assert.equal(
          await exchange(port, questions.map((each) => `${each}\n`).join('')),
          questions.map((each) => `${answer(each)}\n`).join(''),
        );
        assert.equal(await exchange(port, ''), '');
        const many = 'GET user 1\n'.repeat(5000);
        assert.equal((await exchange(port, many)).length, `${answer('GET user 1')}\n`.length * 5000);
      }));
  }

  for (const client of ['coroutines', 'callbacks']) {
    test(`with ${client}, a client whose service is not there fails`, async () => {
      await assert.rejects(run(`client-${client}.ts`, '1'), /ECONNREFUSED/);
    });
  }
});

describe('the small service and its client, simulated', () => {
  test('with coroutines, work under faults that lose nothing', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      let lines: string[] = [];
      await simulate(seed, (loop) => {
        spawn(loop, race([coroutineService(), coroutineClient((found) => (lines = found))]));
      });
      assert.deepEqual(lines, EXPECTED, `seed ${seed}`);
    }
  });

  test('with callbacks, work under faults that lose nothing', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      let result: string[] | undefined;
      await simulate(seed, (loop) => {
        serveWithCallbacks(loop, ADDRESS, (_address, close) => {
          reportWithCallbacks(loop, ADDRESS, (error, lines) => {
            assert.equal(error, undefined, `seed ${seed}`);
            result = lines;
            close();
          });
        });
      });
      assert.deepEqual(result, EXPECTED, `seed ${seed}`);
    }
  });

  test('with callbacks, a client calls back once, with the first error, and closes everything', async () => {
    for (const host of ['127.0.0.1', '192.0.2.1']) {
      const results: string[] = [];
      await simulate(0, (loop) => {
        reportWithCallbacks(loop, { family: 'inet', host, port: 9 }, (error) => results.push(String(error)));
      });
      assert.equal(results.length, 1);
      assert.match(results[0]!, host === '127.0.0.1' ? /ECONNREFUSED/ : /not done within 5000 ms/);
    }
  });

  for (const kind of ['coroutines', 'callbacks'] as const) {
    test(`with ${kind}, a service closes who is silent, sends no lines, or does not read`, () =>
      simulate(0, (loop, kernel) => {
        let stop = (): void => {};
        if (kind === 'coroutines') {
          const task = spawn(loop, coroutineService());
          stop = () => task.cancel();
        } else {
          serveWithCallbacks(loop, ADDRESS, (_address, close) => {
            stop = close;
          });
        }
        kernel.after(1000, () => {
          const silent = kernel.client(ADDRESS);
          const endless = kernel.client(ADDRESS).send('x'.repeat(LONGEST_LINE));
          const deaf = kernel.client(ADDRESS).pause().send('GET user 1\n'.repeat(20_000));
          kernel.after(10_000, () => assert.ok(endless.done && !silent.done));
          kernel.after(60_000, () => {
            assert.ok(silent.done);
            deaf.resume();
          });
          kernel.after(70_000, () => {
            assert.ok(deaf.done);
            stop();
          });
        });
      }));
  }
});

const ADDRESS: Address = { family: 'inet', host: '127.0.0.1', port: 80 };

/** Runs a program on a simulated network until nothing is left to wait for; fails where it leaves anything open. */
function simulate(seed: number, program: (loop: Loop, kernel: SimKernel) => void): Promise<void> {
  const faults = seed === 0 ? FaultOptions.none : { ...FaultOptions.benign, slowPeer: 0 };
  const kernel = createSimKernel({ seed, faults });
  const loop = new Loop(kernel);
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        program(loop, kernel);
        loop.run();
        loop.close();
        assert.deepEqual(kernel.openDescriptors(), []);
        assert.equal(loop.statistics().timers, 0);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}

function* coroutineService(): Co<void> {
  const listener = yield* listen(ADDRESS);
  try {
    yield* serve(listener);
  } finally {
    listener.close();
  }
}

function* coroutineClient(onLines: (lines: string[]) => void): Co<void> {
  onLines(yield* report(ADDRESS));
}

describe('the other layers', () => {
  test('an echo server echoes', () =>
    serving('echo.ts', async (port) => {
      const bytes = 'so long\n'.repeat(50_000);
      const [first, second] = await Promise.all([exchange(port, bytes), exchange(port, 'short')]);
      assert.equal(first, bytes);
      assert.equal(second, 'short');
    }));

  test('a GET over a raw socket prints status and body', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/found?a=b' ? 200 : 404;
      response.write(`${request.method} `);
      response.end(`${request.url} of ${request.headers.host}`);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const found = await run('http-get.ts', `http://127.0.0.1:${port}/found?a=b`);
      assert.deepEqual(found, ['200', `GET /found?a=b of 127.0.0.1:${port}`]);
      assert.equal((await run('http-get.ts', `http://127.0.0.1:${port}/other`))[0], '404');
    } finally {
      server.close();
    }
  });

  test('a timer wheel fires every timer that was kept, and none early', async () => {
    const lines = await run('timers.ts');
    assert.match(lines[0]!, /^1000000 timers set, from 1 ms to 10 min: \d+ ns each$/);
    assert.match(lines[1]!, /^950000 of them cancelled: \d+ ns each$/);
    const rows = lines.filter((line) => /^ +[\d.]+ s /.test(line)).map((line) => line.trim().split(/ +/));
    assert.equal(rows.length, 10);
    for (const [, , ...counts] of rows) {
      assert.equal(
        counts.reduce((sum, count) => sum + Number(count), 0),
        50_000,
      );
    }
    assert.equal(lines.at(-1), '50000 fired, 0 of them early; 0 left');
  });

  test('a simulated day is the same for the same seed, and another for another', async () => {
    const [first, again, other] = await Promise.all([
      run('simulated.ts', '7'),
      run('simulated.ts', '7'),
      run('simulated.ts', '8'),
    ]);
    assert.equal(first.length, 26);
    assert.match(first[0]!, /^00:00 {2}\d failures, then 10 answers, such as: Ada has 1000 in account 11$/);
    assert.match(first[24]!, /^seed 7: \d+ connections, \d+ faults, fingerprint \d+$/);
    assert.match(first[25]!, /^24 hours in \d+ ms$/);
    assert.deepEqual(first.slice(0, 25), again.slice(0, 25));
    assert.notDeepEqual(first.slice(0, 25), other.slice(0, 25));
  });

  test('async and await are explained', async () => {
    assert.deepEqual(await run('await-explained.ts'), [
      '1. Who are you? Hello, Ada.',
      '2. one, two',
      '3. one, two',
      '4. Grace rang',
      '5. Hedy has slept, Radia has slept',
      '6. asleep, cleaned up, DeadlineExceeded',
    ]);
  });

  test('every program is in the reading list', () => {
    const list = readFileSync(new URL('README.md', FOLDER), 'utf8');
    for (const file of readdirSync(FOLDER)) {
      if (file.endsWith('.ts')) assert.ok(list.includes(`(${file})`), file);
    }
  });
});
