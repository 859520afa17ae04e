// Load generators: not one request fails, over kept connections and new ones.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run, Siskin } from './command.ts';
import { withTool } from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'siskin-load-'));
const body = join(folder, 'body.txt');

let siskin: Siskin;
before(async () => {
  writeFileSync(body, 'a body '.repeat(150));
  siskin = await Siskin.serve('test/clients/app.ts');
});
after(() => rmSync(folder, { recursive: true }));

/** Runs a program that must succeed; what it printed, by the name before each colon. */
async function report(command: string, args: readonly string[]): Promise<Map<string, string>> {
  const { status, stdout, stderr } = await run(command, args);
  assert.equal(status, 0, stdout + stderr);
  const lines = stdout.matchAll(/^([^:\n]+): +(.*)$/gm);
  return new Map(Array.from(lines, ([, name, value]) => [name!, value!]));
}

for (const [name, args, path] of [
  ['new connections', [], '/'],
  ['kept connections', ['-k'], '/'],
  ['streams of 100 KB, which end with their connection in HTTP/1.0', ['-k'], '/bytes?count=100000'],
  ['posts over new connections', ['-p', body, '-T', 'text/plain'], '/hash'],
] as const) {
  withTool('ab', `ab: 2000 requests, 50 at once, ${name}: none fails`, async (ab) => {
    const figures = await report(ab, ['-q', '-n', '2000', '-c', '50', ...args, siskin.url + path]);
    assert.equal(figures.get('Complete requests'), '2000');
    assert.equal(figures.get('Failed requests'), '0');
    assert.equal(figures.get('Non-2xx responses'), undefined);
    assert.equal(figures.get('Write errors'), undefined);
    if (name === 'kept connections') assert.equal(figures.get('Keep-Alive requests'), '2000');
  });
}

withTool('wrk', 'wrk: a second over 100 connections: no socket error, no failed answer', async (wrk) => {
  const { status, stdout } = await run(wrk, ['-t1', '-c100', '-d1s', '--timeout', '10s', `${siskin.url}/`]);
  assert.equal(status, 0);
  assert.match(stdout, /Requests\/sec: +[1-9]/);
  assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, stdout);
});

withTool('wrk', 'wrk: streamed answers of 200 KB: no socket error, no failed answer', async (wrk) => {
  const { stdout } = await run(wrk, [
    '-t1',
    '-c20',
    '-d1s',
    '--timeout',
    '10s',
    `${siskin.url}/bytes?count=200000`,
  ]);
  assert.match(stdout, /Requests\/sec: +[1-9]/);
  assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, stdout);
});

for (const [name, args] of [
  ['one after another', []],
  ['ten pipelined', ['-m', '10']],
  ['with a body', ['-d', body]],
] as const) {
  withTool(
    'h2load',
    `h2load --h1: 2000 requests over 50 connections, ${name}: none fails`,
    async (h2load) => {
      const path = name === 'with a body' ? '/hash' : '/';
      const figures = await report(h2load, ['--h1', '-n', '2000', '-c', '50', ...args, siskin.url + path]);
      assert.equal(
        figures.get('requests'),
        '2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout',
      );
      assert.equal(figures.get('status codes'), '2000 2xx, 0 3xx, 0 4xx, 0 5xx');
    },
  );
}

test('after all of it the server stops, with nothing to complain of', { timeout: 30_000 }, async () => {
  assert.equal(await siskin.stop(), 0);
  assert.equal(siskin.stderr, '');
});
