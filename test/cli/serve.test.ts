// `siskin serve` as a process: it starts, answers, logs and stops as it says.

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'siskin-serve-'));
after(() => rmSync(directory, { recursive: true }));

writeFileSync(
  join(directory, 'app.mjs'),
  `export default async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/hang') { console.log('hanging'); await new Promise(() => {}); }
    if (pathname === '/crash') setImmediate(() => { throw new Error('nobody expects this'); });
    if (pathname === '/reject') Promise.reject(new Error('nobody awaits this'));
    return new Response('hello from ' + pathname);
  };`,
);

/** A running command, and what it has printed so far. */
class Siskin {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const options = { cwd: directory, env: { PATH: process.env['PATH'], ...env } };
    this.child = spawn(process.execPath, [MAIN, 'serve', 'app.mjs', ...args], options);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exit = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Waits until an output matches, and returns the first group. */
  async printed(pattern: RegExp, output: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    for (;;) {
      const match = pattern.exec(this[output]);
      if (match !== null) return match[1] ?? match[0];
      const ended = await Promise.race([
        once(this.child[output], 'data').then(() => false),
        this.exit.then(() => true),
      ]);
      if (ended) throw new Error(`it ended before it printed ${pattern}:\n${this.stdout}${this.stderr}`);
    }
  }

  url(): Promise<string> {
    return this.printed(/listening on (http:\S+)/);
  }
}

async function withSiskin(
  args: readonly string[],
  use: (siskin: Siskin) => Promise<void>,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  const siskin = new Siskin(args, env);
  try {
    await use(siskin);
  } finally {
    siskin.child.kill('SIGKILL');
    await siskin.exit;
  }
}

const ANY_PORT = ['--bind', '127.0.0.1:0', '--keep-alive-grace', '10ms'];

test('it serves, says so in one line, and stops when told to', { timeout: 30_000 }, async () => {
  await withSiskin(ANY_PORT, async (siskin) => {
    const url = await siskin.url();
    assert.equal(siskin.stdout.split('\n').length, 2);
    const line = JSON.parse(siskin.stdout);
    assert.equal(
      line.msg,
      `listening on ${url} (pid ${siskin.child.pid}, Node ${process.versions.node}, ${process.platform === 'linux' ? 'linux' : 'node'})`,
    );
    assert.equal(line.app, 'app.mjs');
    assert.equal(await (await fetch(`${url}/a`)).text(), 'hello from /a');
    siskin.child.kill('SIGTERM');
    assert.deepEqual(await siskin.exit, [0, null]);
    assert.match(siskin.stdout, /"msg":"stopped"}\n$/);
    assert.equal(siskin.stderr, '');
  });
});

test('PORT from the environment is where it listens', { timeout: 30_000 }, async () => {
  await withSiskin([], async (siskin) => assert.match(await siskin.url(), /^http:\/\/localhost:[1-9]\d*$/), {
    PORT: '0',
  });
});

test('the access log has a line for each request, in the format of the log', {
  timeout: 30_000,
}, async () => {
  await withSiskin([...ANY_PORT, '--access-log', '--log-format', 'human'], async (siskin) => {
    const url = await siskin.url();
    await fetch(`${url}/a?b`, { headers: { 'user-agent': 'a "quoted" one' } });
    const line = await siskin.printed(/^.*GET \/a\?b.*$/m);
    assert.match(
      line,
      /^127\.0\.0\.1 - - \[.* \+0000\] "GET \/a\?b HTTP\/1\.1" 200 13 "-" "a \\"quoted\\" one" [\d.]+ms$/,
    );
  });
});

test('a port in use: who asked for it, what to do, status 1', { timeout: 30_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await withSiskin(
    [],
    async (siskin) => {
      assert.deepEqual(await siskin.exit, [1, null]);
      assert.match(siskin.stderr, new RegExp(`127\\.0\\.0\\.1:${port}: address already in use`));
      assert.match(siskin.stderr, /Asked for by the environment variable SISKIN_BIND\./);
      assert.match(siskin.stderr, /choose another address: --bind/);
      assert.equal(siskin.stdout, '');
    },
    { SISKIN_BIND: `127.0.0.1:${port}` },
  );
  other.close();
});

test('a second signal ends the process at once, though a request is in flight', {
  timeout: 30_000,
}, async () => {
  await withSiskin(ANY_PORT, async (siskin) => {
    const hanging = fetch(`${await siskin.url()}/hang`);
    hanging.catch(() => {});
    await siskin.printed(/hanging/);
    siskin.child.kill('SIGINT');
    await siskin.printed(/stopping: finishing what is in flight/);
    siskin.child.kill('SIGINT');
    assert.deepEqual(await siskin.exit, [130, null]);
    await assert.rejects(hanging);
  });
});

for (const [path, name, message] of [
  ['/crash', 'an error that nobody catches', 'nobody expects this'],
  ['/reject', 'a rejection that nobody catches', 'nobody awaits this'],
] as const) {
  test(`${name} is logged, answers are finished, and the status is 1`, { timeout: 30_000 }, async () => {
    await withSiskin(ANY_PORT, async (siskin) => {
      const response = await fetch(`${await siskin.url()}${path}`, { headers: { connection: 'close' } });
      assert.equal(await response.text(), `hello from ${path}`);
      assert.deepEqual(await siskin.exit, [1, null]);
      assert.ok(JSON.parse(siskin.stderr).err.stack.includes(message), siskin.stderr);
    });
  });
}

test('a variable that is a slip of a setting is a warning', { timeout: 30_000 }, async () => {
  await withSiskin(
    ANY_PORT,
    async (siskin) => {
      await siskin.printed(
        /SISKIN_BNID in the environment is not a setting; did you mean SISKIN_BIND\?/,
        'stderr',
      );
      assert.match(
        siskin.stderr,
        /SISKIN_BNID in the environment is not a setting; did you mean SISKIN_BIND\?/,
      );
    },
    { SISKIN_BNID: ':1' },
  );
});
