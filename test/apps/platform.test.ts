// An app that uses the platform's own classes in every way answers through the server as through node:http with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ask, type Reply } from './ask.ts';
import { compare } from './compare.ts';
import { multipart } from './multipart.ts';

const { same, port, log } = await compare(new URL('./subjects/platform.ts', import.meta.url));

const LARGE = Buffer.alloc(8_000_000, 'a large body ');
const TEXT = ['Content-Type', 'text/plain;charset=utf-8'] as const;
const post = (path: string, body: string | Uint8Array | string[], headers = [TEXT] as const) => ({
  method: 'POST',
  path,
  headers,
  body,
});

same(
  'what a request says of itself',
  [{ path: '/is' }, post('/is', 'a body'), { method: 'HEAD', path: '/is' }],
  (get, withBody) => {
    assert.equal(JSON.parse(`${get!.body}`).instance, true);
    assert.equal(JSON.parse(`${withBody!.body}`).hasBody, true);
  },
);

same(
  'headers are copied, changed, counted',
  [
    {
      path: '/headers',
      headers: [
        ['X-B', '2'],
        ['X-A', '1'],
        ['x-b', '3'],
      ],
    },
  ],
  (reply) =>
    assert.deepEqual(JSON.parse(`${reply!.body}`)[0].slice(-2), [
      ['x-a', '1'],
      ['x-b', '2, 3'],
    ]),
);

const bodies = ['', 'short', '\ufeff{"bom":"ä"}', 'ä'.repeat(100_000)];
for (const path of [
  '/text',
  '/json',
  '/bytes',
  '/buffer',
  '/blob',
  '/pieces',
  '/decoded',
  '/tee',
  '/twice',
  '/partly',
  '/wrapped',
  '/changed',
  '/sub',
]) {
  same(
    `${path.slice(1)}: bodies that are empty, short, long, whole and chunked`,
    [
      ...bodies.map((body) => post(path, body)),
      post(path, ['{"in":', '"pieces"}']),
      post(
        path,
        Array.from({ length: 50 }, (_, i) => `${i}`.repeat(3000)),
      ),
      post(path, Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
    ],
    (...replies) => assert.equal(replies.length, 7),
  );
}

const upload = multipart([
  { name: 'a', body: '1' },
  { name: 'file', filename: 'ä.txt', type: 'text/plain', body: 'x'.repeat(200_000) },
]);
same(
  'forms and compressed bodies, cloned and streamed',
  [
    { method: 'POST', path: '/form', headers: [['Content-Type', upload.type]], body: upload.body },
    {
      method: 'POST',
      path: '/form',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: 'a=1',
    },
    { method: 'POST', path: '/gunzip', body: gzipSync('unpacked '.repeat(1000)) },
  ],
  (form, _plain, gunzip) => {
    assert.deepEqual(JSON.parse(`${form!.body}`), [['a', 'file'], `${upload.body}`.length, true]);
    assert.equal(gunzip!.body.length, 9000);
  },
);

const answers = [
  '/early',
  '/page',
  '/stream',
  '/iterable',
  '/blob-out',
  '/params',
  '/binary',
  '/view',
  '/string',
  '/json-out',
  '/redirect',
  '/cookies',
  '/clone',
  '/rewrapped',
  '/204',
  '/205',
  '/304',
  '/599',
  '/empty',
  '/null',
  '/promise',
  '/thenable',
  '/unusual',
  '/none',
];
same(
  'answers of every kind',
  answers.map((path) => ({ path })),
  (...replies) => {
    const of = (path: string): Reply => replies[answers.indexOf(path)]!;
    assert.deepEqual([of('/early').status, of('/early').get('x-early')], [201, '1']);
    assert.equal(`${of('/page').body}`, '<p>a page</p>');
    assert.equal(`${of('/iterable').body}`, 'async iterable');
    assert.equal(of('/cookies').fields.filter(([name]) => name === 'set-cookie').length, 3);
    assert.equal(of('/rewrapped').reason, 'Sort Of');
    assert.equal(`${of('/clone').body}`, 'cloned cloned');
  },
);

same(
  'the same answers to HEAD, without their bodies',
  answers.map((path) => ({ method: 'HEAD', path })),
  (...replies) => {
    for (const { body } of replies) assert.equal(body.length, 0);
  },
);

test('the length of a whole body is told, to HEAD too; a stream’s is not', async () => {
  assert.equal((await ask(port, { method: 'HEAD', path: '/page' })).get('content-length'), '13');
  assert.equal((await ask(port, { method: 'HEAD', path: '/stream' })).get('content-length'), undefined);
  assert.equal((await ask(port, { path: '/stream' })).get('transfer-encoding'), 'chunked');
});

same(
  'eight megabytes each way, whole and streamed',
  [
    post('/bytes', LARGE),
    post('/pieces', LARGE),
    post('/decoded', LARGE),
    { path: '/large' },
    { path: '/large-stream' },
  ],
  (_bytes, pieces, decoded, large, stream) => {
    assert.equal(JSON.parse(`${pieces!.body}`)[0], LARGE.length);
    assert.ok(decoded!.body.equals(LARGE));
    assert.equal(large!.body.length, 8_000_000);
    assert.equal(stream!.body.length, 8_000_000);
  },
);

const mistakes = [
  '/throws',
  '/throws-text',
  '/rejects',
  '/nothing',
  '/object',
  '/error-response',
  '/read-already',
  '/bad-status',
  '/bad-header',
  '/bad-body',
];
same(
  'mistakes are answered with 500',
  mistakes.map((path) => ({ path })),
  (...replies) => {
    for (const [index, reply] of replies.entries()) {
      assert.equal(reply.status, 500, `${mistakes[index]}`);
      assert.equal(`${reply.body}`, '500 Internal Server Error\n');
      assert.ok(!`${reply.body}`.includes('secret'));
    }
  },
);

test('each mistake is in the log', async () => {
  for (const path of mistakes) {
    const before = log.length;
    await ask(port, { path });
    assert.equal(log.length, before + 1, path);
  }
});
