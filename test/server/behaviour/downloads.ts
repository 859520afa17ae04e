// Streams to clients: backpressure, and answers that can't be completed.

import assert from 'node:assert/strict';
import { type Backend, behaves, get, onlyLine } from './backend.ts';

/** An endless stream that counts what was taken from it. */
function endless(size: number): {
  stream: () => ReadableStream;
  state: { produced: number; cancelled: unknown };
} {
  const state = { produced: 0, cancelled: undefined as unknown };
  const stream = () =>
    new ReadableStream(
      {
        pull(controller) {
          state.produced += size;
          controller.enqueue(Buffer.alloc(size, 'x'));
        },
        cancel(reason) {
          state.cancelled = reason ?? 'cancelled';
        },
      },
      { highWaterMark: 0 },
    );
  return { stream, state };
}

/** A stream whose next read fails after `before`. */
function failing(before: string): ReadableStream {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) throw new Error('the disk is on fire');
      sent = true;
      controller.enqueue(Buffer.from(before));
    },
  });
}

export function downloadTests(backend: Backend): void {
  behaves(backend, 'a client that reads slowly pauses the app, and little waits in memory', async (open) => {
    const { stream, state } = endless(64 * 1024);
    const site = await open(() => new Response(stream()));
    const client = await site.connect();
    client.pause().send(get());
    let before = -1;
    for (let i = 0; i < 50 && before !== state.produced; i++) {
      before = state.produced;
      await site.settle();
    }
    assert.equal(before, state.produced, 'the app goes on producing');
    assert.ok(state.produced < 32 * 1024 * 1024, `${state.produced} bytes were produced`);
    const { buffered } = site.statistics();
    assert.ok(buffered > 0 && buffered < 600 * 1024, `${buffered} bytes wait in memory`);

    const { produced } = state;
    client.resume();
    await client.receive(2 * produced);
    client.reset();
    await site.settle();
    assert.notEqual(state.cancelled, undefined);
  });

  behaves(backend, 'a client that is gone ends the stream', async (open) => {
    const { stream, state } = endless(1000);
    const site = await open(() => new Response(stream()));
    const client = await site.connect();
    client.send(get());
    await client.until((raw) => raw.length > 10_000);
    client.reset();
    for (let i = 0; i < 20 && state.cancelled === undefined; i++) await site.settle();
    assert.notEqual(state.cancelled, undefined);
    assert.deepEqual(
      site.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  behaves(backend, 'a stream in which nothing happens ends, too, when its client is gone', async (open) => {
    for (const halfClosed of backend.capabilities.has('late resets') ? [false, true] : [false]) {
      const cancelled = Promise.withResolvers<unknown>();
      const stream = () =>
        new ReadableStream({
          start: (controller) => controller.enqueue(Buffer.from('first')),
          cancel: (reason) => cancelled.resolve(reason),
        });
      const site = await open(() => new Response(stream()));
      const client = await site.connect();
      client.send(get());
      await client.until((raw) => raw.includes('first'));
      if (halfClosed) client.end();
      await site.settle();
      client.reset();
      assert.ok((await cancelled.promise) instanceof Error);
      await site.settle();
      assert.equal(site.statistics().inFlight, 0);
    }
  });

  behaves(backend, 'a client that half-closes reads a stream to its end', async (open) => {
    const site = await open(() => new Response(ReadableStream.from(hundred())));
    const client = await site.connect();
    client.send(get()).end();
    assert.equal((await client.answer()).body.length, 100_000);
    assert.equal(await client.ended(), 'fin');
  });

  behaves(backend, 'a stream that fails in the middle is cut such that the client can tell', async (open) => {
    const site = await open((request) => {
      const declared = request.url.endsWith('/counted');
      return new Response(failing('half'), declared ? { headers: { 'content-length': '8' } } : {});
    });
    for (const path of ['/counted', '/chunked']) {
      const client = await site.connect();
      client.send(get(path));
      await assert.rejects(client.answer());
      await client.ended();
      assert.match(client.raw, /^HTTP\/1\.1 200 OK/);
      assert.doesNotMatch(client.raw, /\r\n0\r\n\r\n$|fire/);
    }
    const errors = site.log.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 2);
    assert.equal((errors[0]!.fields['err'] as Error).message, 'the disk is on fire');
  });

  behaves(backend, 'without chunks to tell by, a stream that fails ends in a reset', async (open) => {
    const site = await open(() => new Response(failing('half')));
    const client = await site.connect();
    client.send('GET / HTTP/1.0\r\n\r\n');
    assert.equal(await client.ended(), 'reset');
  });

  behaves(backend, 'a stream shorter than it promised is cut; one that is longer, too', async (open) => {
    const site = await open((request) => {
      const length = new URL(request.url).pathname.slice(1);
      return new Response(ReadableStream.from([Buffer.from('12345')]), {
        headers: { 'content-length': length },
      });
    });
    for (const length of [4, 6]) {
      const client = await site.connect();
      client.send(get(`/${length}`));
      await assert.rejects(client.answer());
      await client.ended();
      assert.ok(!client.raw.endsWith('12345') || length === 6);
    }
    assert.equal(site.log.filter(({ level }) => level === 'error').length, 2);
  });

  behaves(backend, 'a stream of anything but bytes is the app’s mistake, and said so', async (open) => {
    const site = await open(() => new Response(ReadableStream.from(['text']) as ReadableStream));
    const client = await site.connect();
    client.send(get());
    await client.ended();
    assert.match(
      (onlyLine(site, 'error').fields['err'] as Error).message,
      /must give Uint8Arrays, not a string/,
    );
  });
}

async function* hundred(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 100; i++) yield Buffer.alloc(1000, 'x');
}
