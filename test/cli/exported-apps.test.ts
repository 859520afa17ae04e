// `siskin serve` with an export that people have written for `node:http`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { ANY_PORT, ANY_PORT_ALONE, kindOf, QUICK, serve, stops, TIMEOUT, write } from './node-programs.ts';

describe('an exported app', () => {
  write(
    'listener.mjs',
    `export default async (req, res) => {
      if (req.url === '/reject') throw new Error('nobody awaits this');
      if (req.url === '/half') { res.write('half'); await null; throw new Error('in the middle'); }
      if (req.url === '/late') { res.end('done'); await null; throw new Error('behind the answer'); }
      res.end(String('isSiskin' in req.socket));
    };`,
  );

  test('a listener is served at the address of the settings', TIMEOUT, async () => {
    await serve(['listener.mjs', ...ANY_PORT], async (child) => {
      const url = await child.url();
      assert.deepEqual(kindOf(child), ['listener.mjs', 'node', 'listener']);
      assert.equal(await (await fetch(url)).text(), 'true');
      await stops(child);
      assert.equal(child.stderr, '');
    });
  });

  test('PORT from the environment is where it listens', TIMEOUT, async () => {
    await serve(
      ['listener.mjs', ...QUICK],
      async (child) => assert.match(await child.url(), /^http:\/\/localhost:[1-9]\d*$/),
      { PORT: '0' },
    );
  });

  test('limits and the access log hold for it', TIMEOUT, async () => {
    await serve(
      ['listener.mjs', ...ANY_PORT_ALONE, '--limit-request-line', '100', '--access-log'],
      async (child) => {
        const url = await child.url();
        assert.equal((await fetch(`${url}/${'x'.repeat(200)}`)).status, 414);
        const answer = await fetch(`${url}/a`);
        assert.equal(answer.headers.get('keep-alive'), 'timeout=75');
        await answer.text();
        await child.printed(/"target":"\/a".*"status":200/);
      },
    );
  });

  test(
    'a promise that is rejected is answered with 500 and logged, and the server goes on',
    TIMEOUT,
    async () => {
      await serve(['listener.mjs', ...ANY_PORT_ALONE], async (child) => {
        const url = await child.url();
        assert.equal((await fetch(`${url}/reject`)).status, 500);
        await child.printed(/nobody awaits this/, 'stderr');
        await assert.rejects(async () => (await fetch(`${url}/half`)).text());
        await child.printed(/in the middle/, 'stderr');
        assert.equal(await (await fetch(`${url}/late`)).text(), 'done');
        await child.printed(/behind the answer/, 'stderr');
        assert.equal(await (await fetch(url)).text(), 'true');
        await stops(child);
      });
    },
  );

  test('a middleware gets a function for what it leaves', TIMEOUT, async () => {
    write(
      'middleware.cjs',
      `module.exports = (req, res, next) => {
        if (req.url === '/mine') res.end('mine');
        else next(req.url === '/error' ? new Error('passed on') : undefined);
      };`,
    );
    await serve(['middleware.cjs', ...ANY_PORT_ALONE], async (child) => {
      const url = await child.url();
      assert.equal(await (await fetch(`${url}/mine`)).text(), 'mine');
      assert.equal((await fetch(`${url}/other`)).status, 404);
      assert.equal((await fetch(`${url}/error`)).status, 500);
    });
  });

  test('an http.Server that does not listen is served, upgrades and all', TIMEOUT, async () => {
    write(
      'server.cjs',
      `const server = require('node:http').createServer((req, res) => res.end('plain'));
      server.on('upgrade', (req, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n'));
      module.exports = server;`,
    );
    await serve(['server.cjs', ...ANY_PORT_ALONE], async (child) => {
      const url = await child.url();
      assert.equal(await (await fetch(url)).text(), 'plain');
      const [response] = (await once(
        get(url, { headers: { connection: 'upgrade', upgrade: 'x' } }),
        'upgrade',
      )) as [IncomingMessage];
      assert.equal(response.statusCode, 101);
    });
  });

  test('an app that has an end comes to it when its server has stopped', TIMEOUT, async () => {
    write(
      'ends.mjs',
      `import http from 'node:http';
      const server = http.createServer((req, res) => res.end('x'));
      export default {
        server,
        routing: () => {},
        ready: async () => console.log('ready'),
        listen() {},
        close: async () => { console.log('closing'); throw new Error('no end'); },
      };`,
    );
    await serve(['ends.mjs', ...ANY_PORT], async (child) => {
      await child.url();
      await stops(child);
      assert.match(child.stdout, /^ready$[\s\S]*finishing what is in flight[\s\S]*^closing$/m);
      assert.match(child.stderr, /no end.*the app failed to end/);
    });
  });

  test('a port in use: who asked for it, status 1', TIMEOUT, async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await serve(['listener.mjs', '--bind', `127.0.0.1:${port}`], async (child) => {
      assert.deepEqual(await child.exit, [1, null]);
      assert.match(child.stderr, new RegExp(`address already in use 127\\.0\\.0\\.1:${port}\n`));
      assert.match(child.stderr, /Asked for by flag --bind\./);
    });
    other.close();
  });
});
