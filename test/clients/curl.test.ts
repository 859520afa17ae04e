// What people do with curl.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Outcome, run, Siskin } from './command.ts';
import { withTool } from './tools.ts';

const APP = 'test/clients/app.ts';
const folder = mkdtempSync(join(tmpdir(), 'siskin-curl-'));
const file = join(folder, 'upload.bin');
const socket = join(folder, 'app.sock');
const CONTENT = Buffer.alloc(5_000_000, 'content of a file ');
const HASH = createHash('sha256').update(CONTENT).digest('hex');

let siskin: Siskin;
before(async () => {
  writeFileSync(file, CONTENT);
  siskin = await Siskin.serve(APP, ['--bind', '127.0.0.1:0', '--bind', `unix:${socket}`]);
});
after(() => rmSync(folder, { recursive: true }));

/** Runs curl, which must succeed. */
async function succeed(curl: string, ...args: string[]): Promise<Outcome> {
  const outcome = await run(curl, ['--silent', '--show-error', '--max-time', '30', ...args]);
  assert.equal(outcome.status, 0, outcome.stderr);
  return outcome;
}

withTool('curl', 'it fetches several pages over one connection', async (curl) => {
  const pages = ['/', '/none', '/range', '/bytes?count=300000'].flatMap((page) => [
    siskin.url + page,
    '--output',
    '/dev/null',
  ]);
  const { stdout } = await succeed(curl, '--write-out', '%{http_code} %{num_connects}\\n', ...pages);
  assert.equal(stdout, '200 1\n204 0\n200 0\n200 0\n');
});

withTool(
  'curl',
  '--http1.0: the connection ends with the answer, or stays where it asks for that',
  async (curl) => {
    const url = `${siskin.url}/bytes?count=100000`;
    const codes = [
      '--write-out',
      '%{http_version} %{num_connects} %{size_download}\\n',
      '--output',
      '/dev/null',
    ];
    const twice = [url, ...codes.slice(2), url, '--output', '/dev/null', ...codes.slice(0, 2)];
    const plain = await succeed(curl, '--http1.0', ...twice);
    assert.equal(plain.stdout, '1.1 1 100000\n1.1 1 100000\n');
    const stays = [`${siskin.url}/`, '--output', '/dev/null', `${siskin.url}/`, '--output', '/dev/null'];
    const kept = await succeed(
      curl,
      '--http1.0',
      '--header',
      'Connection: keep-alive',
      ...codes.slice(0, 2),
      ...stays,
    );
    assert.equal(kept.stdout, '1.1 1 5\n1.1 0 5\n');
  },
);

withTool('curl', '-T: an upload waits for 100 Continue, and arrives whole', async (curl) => {
  const { stdout, stderr } = await succeed(curl, '-v', '-T', file, `${siskin.url}/hash`);
  assert.deepEqual(JSON.parse(stdout), { size: CONTENT.length, hash: HASH });
  assert.match(stderr, /> Expect: 100-continue/);
  assert.match(stderr, /< HTTP\/1\.1 100 Continue/);
});

withTool('curl', '-T: an upload that the app refuses is never sent', async (curl) => {
  const refused = await succeed(
    curl,
    '--header',
    'Expect: 100-continue',
    '-v',
    '--write-out',
    '%{http_code} %{size_upload}',
    '-T',
    file,
    `${siskin.url}/refuse`,
  );
  assert.equal(refused.stdout, 'no, thank you413 0');
  assert.doesNotMatch(refused.stderr, /100 Continue/);
});

withTool('curl', 'uploads without a length: chunked, from a pipe, and echoed', async (curl) => {
  const args = ['--silent', '--max-time', '30', '-T', '-', `${siskin.url}/hash`];
  const piped = await run(curl, args, CONTENT);
  assert.deepEqual(JSON.parse(piped.stdout), { size: CONTENT.length, hash: HASH });
  const copy = join(folder, 'copy.bin');
  const chunked = ['--header', 'Transfer-Encoding: chunked', '--header', 'Expect: 100-continue'];
  const echoed = await succeed(curl, '-v', ...chunked, '-T', file, '--output', copy, `${siskin.url}/echo`);
  // The app begins its answer before it reads: the invitation still comes first.
  assert.match(echoed.stderr, /< HTTP\/1\.1 100 Continue/);
  assert.ok(readFileSync(copy).equals(CONTENT));
});

withTool('curl', '--range and --continue-at: parts that the app gives', async (curl) => {
  const part = await succeed(curl, '--range', '4-8', '-D', '-', `${siskin.url}/range`);
  assert.match(
    part.stdout,
    /^HTTP\/1\.1 206 Partial Content\r\n[\s\S]*Content-Length: 5\r\n[\s\S]*\r\n\r\nquick$/i,
  );
  const target = join(folder, 'resumed.txt');
  writeFileSync(target, 'The quick ');
  await succeed(curl, '--continue-at', '-', '--output', target, `${siskin.url}/range`);
  assert.equal(readFileSync(target, 'utf8'), 'The quick brown siskin jumps over the lazy cat.');
});

withTool('curl', '--head: no body, and the connection goes on', async (curl) => {
  const { stdout } = await succeed(
    curl,
    '--head',
    '--write-out',
    '%{num_connects}\\n',
    `${siskin.url}/`,
    `${siskin.url}/bytes?count=10`,
    `${siskin.url}/missing`,
  );
  assert.match(
    stdout,
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*HTTP\/1\.1 200 OK\r\n[\s\S]*HTTP\/1\.1 304 Not Modified\r\n/,
  );
  assert.deepEqual(stdout.match(/^\d$/gm), ['1', '0', '0']);
  assert.match(stdout, /^content-length: 5\r$/im);
});

withTool('curl', '--unix-socket: the same app', async (curl) => {
  const { stdout } = await succeed(curl, '--unix-socket', socket, 'http://app.example/request?x');
  const { url, address } = JSON.parse(stdout);
  assert.deepEqual([url, address], ['http://app.example/request?x', '']);
});

withTool('curl', '--form, --cookie-jar, --location: what browsers do', async (curl) => {
  const { stdout } = await succeed(
    curl,
    '--form',
    'title=A täxt',
    '--form',
    `file=@${file};type=application/x-thing;filename=ä "b".bin`,
    `${siskin.url}/form`,
  );
  assert.deepEqual(JSON.parse(stdout), {
    title: 'A täxt',
    name: 'ä "b".bin',
    type: 'application/x-thing',
    size: CONTENT.length,
  });
  const jar = join(folder, 'jar.txt');
  const followed = await succeed(
    curl,
    '--cookie-jar',
    jar,
    '--location',
    '--data',
    'a=1',
    `${siskin.url}/login`,
  );
  assert.match(followed.stdout, /^GET (?=.*session=one)(?=.*theme=dark)/);
  assert.match(readFileSync(jar, 'utf8'), /session\tone/);
});

withTool('curl', '--parallel: a hundred at once', async (curl) => {
  const { stdout } = await succeed(
    curl,
    '--parallel',
    '--parallel-max',
    '50',
    '--output',
    join(folder, 'out-#1'),
    '--write-out',
    '%{http_code} %{size_download}\\n',
    `${siskin.url}/bytes?count=200000&n=[1-100]`,
  );
  assert.equal(stdout, '200 200000\n'.repeat(100));
});

withTool('curl', 'paths as they are, and targets with a host', async (curl) => {
  const steps = await succeed(curl, '--path-as-is', `${siskin.url}/a/../b/./c`);
  assert.equal(steps.stdout, '/b/c');
  const absolute = await succeed(curl, '--proxy', siskin.url, 'http://shop.example/request');
  assert.equal(JSON.parse(absolute.stdout).url, 'http://shop.example/request');
});

withTool(
  'curl',
  'other protocols: HTTP/2 is refused or not taken up, the PROXY protocol gets a 400 that says so',
  async (curl) => {
    const upgrade = await succeed(curl, '--http2', '--write-out', ' %{http_version}', `${siskin.url}/`);
    assert.equal(upgrade.stdout, 'hello 1.1');
    const direct = await run(curl, [
      '--silent',
      '--http2-prior-knowledge',
      '--max-time',
      '10',
      `${siskin.url}/`,
    ]);
    assert.notEqual(direct.status, 0);
    const proxied = await succeed(
      curl,
      '--haproxy-protocol',
      '--write-out',
      '%{http_code}',
      `${siskin.url}/`,
    );
    assert.match(proxied.stdout, /^400 Bad Request: .*\n400$/);
  },
);

test('after all of it the server stops, with nothing to complain of', { timeout: 30_000 }, async () => {
  assert.equal(await siskin.stop(), 0);
  assert.equal(siskin.stderr, '');
});
