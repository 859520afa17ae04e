// What an Exchange promises to the adapters that make an app's own style of it, beyond what fetch handlers use of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../src/app/index.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { get, onlyLine, post, type Site, type SiteOptions } from './behaviour/backend.ts';
import { openSite } from './behaviour/sim.ts';

type Handle = (exchange: Exchange) => undefined | Promise<void> | Co<void>;

function withApp(
  sentence: string,
  handle: Handle,
  check: (site: Site) => Promise<void>,
  options?: SiteOptions,
): void {
  test(sentence, { timeout: 10_000 }, async () => {
    const site = openSite({ handle }, options);
    await check(site);
    await site.dispose();
  });
}

withApp(
  'an app may answer as soon as it is told that its client has shut down',
  (exchange) => {
    exchange.onAbort((reason) => exchange.respond(200, '', [], reason.message));
    return undefined;
  },
  async (site) => {
    const client = await site.connect();
    client.send(get()).end();
    assert.match((await client.answer()).text, /closed its side/);
    assert.equal(await client.ended(), 'fin');
  },
);

withApp(
  'interim answers come before the final one, and not to HTTP/1.0',
  (exchange) => {
    exchange.inform(103, ['Link', '</style.css>']);
    exchange.respond(200, 'Fine', [], 'final');
    return undefined;
  },
  async (site) => {
    const client = await site.connect();
    const answer = await client.ask(get());
    assert.deepEqual([answer.interim, answer.head.reason, answer.text], [[103], 'Fine', 'final']);
    assert.match(client.raw, /^HTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>\r\n\r\nHTTP\/1.1 200 Fine/);
    const old = await site.connect();
    assert.deepEqual((await old.ask('GET / HTTP/1.0\r\n\r\n')).interim, []);
  },
);

const mistakes: Record<string, Handle> = {
  ERR_HTTP_ALREADY_STARTED: (exchange) => {
    exchange.respond(200, '', [], 'once');
    exchange.respond(200, '', [], 'twice');
    return undefined;
  },
  ERR_HTTP_NOT_STARTED: (exchange) => {
    exchange.write(Buffer.from('too early'));
    return undefined;
  },
  ERR_HTTP_BODY_TOO_LONG: (exchange) => {
    exchange.start(200, '', [], 3);
    exchange.write(Buffer.from('four'));
    return undefined;
  },
  ERR_HTTP_STATUS: (exchange) => {
    exchange.respond(101, '', [], null);
    return undefined;
  },
  ERR_HTTP_BODY_TOO_SHORT: (exchange) => {
    exchange.start(200, '', [], 3);
    exchange.write(Buffer.from('12'));
    exchange.end();
    return undefined;
  },
};
for (const [code, handle] of Object.entries(mistakes)) {
  withApp(
    `what an app does against the protocol is told to it, and nobody else: ${code}`,
    handle,
    async (site) => {
      const client = await site.connect();
      client.send(get('/', 'Connection: close'));
      await client.ended();
      assert.equal((onlyLine(site, 'error').fields['err'] as { code?: string }).code, code);
      assert.ok((client.raw.match(/^HTTP\/1\.1 \d/gm) ?? []).length <= 1, client.raw);
    },
  );
}

withApp(
  'an app that ends without an answer is answered for',
  async () => {},
  async (site) => {
    assert.equal((await (await site.connect()).ask(get())).status, 500);
    assert.match((onlyLine(site, 'error').fields['err'] as Error).message, /without answering/);
  },
);

withApp(
  'write says when enough waits, and drained when it has gone',
  async (exchange) => {
    exchange.start(200, '', [], -1);
    let pauses = 0;
    for (let i = 0; i < 100; i++) {
      if (exchange.write(Buffer.alloc(10_000))) continue;
      pauses++;
      await exchange.drained();
    }
    exchange.write(Buffer.from(`${pauses > 0 && pauses < 100}`));
    exchange.end();
  },
  async (site) => {
    const answer = await (await site.connect()).ask(get());
    assert.equal(answer.body.length, 1_000_004);
    assert.match(answer.text, /true$/);
  },
);

withApp(
  'drained rejects once the client is gone',
  async (exchange) => {
    exchange.start(200, '', [], -1);
    try {
      for (;;) if (!exchange.write(Buffer.alloc(10_000))) await exchange.drained();
    } catch (error) {
      outcomes.push((error as Error).message);
    }
  },
  async (site) => {
    const client = await site.connect();
    client.pause().send(get());
    await site.settle();
    assert.equal(site.statistics().inFlight, 1);
    client.reset();
    await site.settle();
    assert.match(outcomes[0]!, /reset/);
    assert.equal(site.statistics().inFlight, 0);
  },
);
const outcomes: string[] = [];

withApp(
  'the body is there at once where it has come with the head',
  (exchange) => {
    const body = exchange.takeBody();
    exchange.respond(
      200,
      '',
      [],
      body === undefined ? 'still to come' : `${exchange.bodyLength} ${Buffer.from(body)}`,
    );
    return undefined;
  },
  async (site) => {
    const client = await site.connect();
    assert.equal((await client.ask(post('/', 'body'))).text, '4 body');
    assert.equal((await client.ask(get())).text, '0 ');
    client.send(post('/', 'late').slice(0, -4));
    assert.equal((await client.answer('POST')).text, 'still to come');
  },
);

const echoUpgrade: Handle = (exchange) => {
  exchange.upgrade(['Upgrade', 'echo', 'Connection', 'upgrade'], function* (stream, rest) {
    yield* stream.write(rest);
    const buffer = new Uint8Array(100);
    for (let n = yield* stream.read(buffer); n > 0; n = yield* stream.read(buffer)) {
      yield* stream.write(buffer.subarray(0, n));
    }
  });
  return undefined;
};
const UPGRADE = get('/', 'Upgrade: echo', 'Connection: upgrade');

withApp('an upgraded connection is the app’s, with the bytes that followed', echoUpgrade, async (site) => {
  const client = await site.connect();
  client.send(`${UPGRADE}first `);
  await client.until((raw) => raw.endsWith('first '));
  await site.sleep(200_000);
  client.send('second');
  await client.until((raw) => raw.endsWith('\r\n\r\nfirst second'));
  assert.match(client.raw, /^HTTP\/1.1 101 Switching Protocols\r\n/);
  client.end();
  assert.equal(await client.ended(), 'fin');
});

withApp(
  'a stop waits for upgraded connections, until gracefulTimeout',
  echoUpgrade,
  async (site) => {
    const client = await site.connect();
    client.send(UPGRADE);
    await client.until((raw) => raw.includes('101'));
    const stopped = site.stop();
    await site.sleep(900);
    client.send('still here');
    await client.until((raw) => raw.endsWith('still here'));
    await site.sleep(200);
    assert.notEqual(client.ending, undefined);
    await stopped;
  },
  { settings: { gracefulTimeout: 1000 } },
);

withApp(
  'a coroutine that cleans up after its deadline has passed is waited for, and then forgotten',
  function* (exchange): Co<void> {
    try {
      yield* sleep(60_000);
      exchange.respond(200, '', [], 'never');
    } finally {
      yield* sleep(2000);
    }
  },
  async (site) => {
    const client = await site.connect();
    assert.equal((await client.ask(get())).status, 503);
    assert.equal(site.statistics().inFlight, 1);
    await site.sleep(2100);
    assert.equal(site.statistics().inFlight, 0);
  },
  { settings: { handlerTimeout: 100 } },
);
