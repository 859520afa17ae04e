// How answers are framed: whole, in chunks, until the close, or without a body at all.

import assert from 'node:assert/strict';
import { type Backend, behaves, get, request } from './backend.ts';

const PIECES = ['one ', 'two ', 'three'];

function pieces(): ReadableStream {
  return ReadableStream.from(PIECES.map((piece) => Buffer.from(piece)));
}

export function framingTests(backend: Backend): void {
  behaves(
    backend,
    'a body of known length is counted, one of unknown length comes in chunks',
    async (open) => {
      const site = await open(
        (request) => new Response(request.url.endsWith('/stream') ? pieces() : 'whole'),
      );
      const client = await site.connect();
      const whole = await client.ask(get('/whole'));
      assert.deepEqual([whole.get('content-length'), whole.get('transfer-encoding')], ['5', undefined]);
      const stream = await client.ask(get('/stream'));
      assert.deepEqual(
        [stream.get('content-length'), stream.get('transfer-encoding')],
        [undefined, 'chunked'],
      );
      assert.equal(stream.text, PIECES.join(''));
      // Pieces that come in one go are one chunk.
      assert.match(
        client.raw,
        /\r\n\r\n(?:4\r\none \r\n)?[0-9a-f]\r\n[a-z ]+(?:\r\n5\r\nthree)?\r\n0\r\n\r\n$/,
      );
      assert.equal((await client.ask(get('/whole'))).text, 'whole');
    },
  );

  behaves(backend, 'a stream of declared length is counted', async (open) => {
    const site = await open(() => new Response(pieces(), { headers: { 'content-length': '13' } }));
    const client = await site.connect();
    for (let i = 0; i < 2; i++) {
      const answer = await client.ask(get());
      assert.equal(answer.get('content-length'), '13');
      assert.equal(answer.text, PIECES.join(''));
    }
  });

  behaves(backend, 'HTTP/1.0 gets a stream without chunks, until the close', async (open) => {
    const site = await open(() => new Response(pieces()));
    const client = await site.connect();
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const answer = await client.answer();
    assert.deepEqual(
      [answer.get('connection'), answer.get('transfer-encoding'), answer.text],
      ['close', undefined, PIECES.join('')],
    );
    assert.equal(await client.ended(), 'fin');
  });

  behaves(
    backend,
    'HEAD gets the head of GET and no body, and the next answer follows at once',
    async (open) => {
      const site = await open(
        (request) => new Response(request.url.endsWith('/stream') ? pieces() : 'whole'),
      );
      const client = await site.connect();
      client.send(request('HEAD', '/whole') + request('HEAD', '/stream') + get('/whole'));
      const whole = await client.answer('HEAD');
      assert.deepEqual([whole.get('content-length'), whole.text], ['5', '']);
      assert.equal((await client.answer('HEAD')).text, '');
      assert.equal((await client.answer()).text, 'whole');
    },
  );

  behaves(backend, '204 and 304 have no body and no framing of one; 205 has an empty one', async (open) => {
    const site = await open(
      (request) => new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) }),
    );
    const client = await site.connect();
    for (const [status, length] of [
      [204, undefined],
      [205, '0'],
      [304, undefined],
    ] as const) {
      const answer = await client.ask(get(`/${status}`));
      assert.deepEqual([answer.status, answer.get('content-length')], [status, length]);
      assert.equal(answer.get('transfer-encoding'), undefined);
    }
  });

  behaves(backend, 'a large body arrives whole', async (open) => {
    const large = Buffer.alloc(3_000_000);
    for (let i = 0; i < large.length; i++) large[i] = (i * 7919) >> 8;
    const site = await open(
      (request) => new Response(request.url.endsWith('s') ? large.toString('latin1') : large),
    );
    const client = await site.connect();
    assert.ok((await client.ask(get('/bytes.'))).body.equals(large));
    assert.equal((await client.ask(get('/strings'))).text, large.toString('latin1'));
  });

  behaves(
    backend,
    'an answer has the date, what the app says, and nothing of the server’s make',
    async (open) => {
      const site = await open(
        () =>
          new Response('x', {
            status: 201,
            headers: [
              ['set-cookie', 'a=1'],
              ['set-cookie', 'b=2'],
              ['x-own', 'é'],
            ],
          }),
      );
      const client = await site.connect();
      const answer = await client.ask(get());
      assert.equal(answer.status, 201);
      assert.ok(Math.abs(Date.parse(answer.get('date')!) - (site.records[0]?.time ?? 0)) < 5000);
      assert.deepEqual(
        answer.head.fields().filter((_, i, list) => list[i - (i % 2)]!.toLowerCase() === 'set-cookie'),
        ['set-cookie', 'a=1', 'set-cookie', 'b=2'],
      );
      assert.equal(answer.get('x-own'), 'é');
      assert.equal(answer.get('server'), undefined);
    },
  );
}
