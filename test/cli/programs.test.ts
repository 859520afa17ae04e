// `siskin serve` with programs for `node:http`, which listen by themselves.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import {
  ALONE,
  ANY_PORT,
  ANY_PORT_ALONE,
  ask,
  kindOf,
  lines,
  QUICK,
  serve,
  stops,
  TIMEOUT,
  write,
} from './node-programs.ts';

describe('a program', () => {
  write(
    'program.mjs',
    `import http from 'node:http';
    const server = http.createServer((req, res) => {
      if (req.url !== '/hang') { res.end(String('isSiskin' in req.socket)); return; }
      console.log('hanging');
      process.stdin.once('data', () => res.end('finished'));
    });
    server.listen(process.env.PORT ?? 0, '127.0.0.1');`,
  );

  test('that listens is served by our engine, and says so in one line', TIMEOUT, async () => {
    await serve(['program.mjs', ...QUICK], async (child) => {
      const url = await child.url();
      assert.deepEqual(kindOf(child), ['program.mjs', 'program', undefined]);
      assert.equal(await (await fetch(url)).text(), 'true');
      await stops(child);
      assert.equal(child.stderr, '');
    });
  });

  test('that takes its time before it listens is waited for', TIMEOUT, async () => {
    write(
      'late.cjs',
      `const { readFile } = require('node:fs/promises');
      const http = require('node:http');
      exports.unrelated = true;
      async function main() {
        await readFile(__filename);
        await new Promise((resolve) => setTimeout(resolve, 20));
        http.createServer((req, res) => res.end('late')).listen(0, 'localhost');
      }
      main();`,
    );
    await serve(['late.cjs', ...ALONE], async (child) => {
      assert.equal(await (await fetch(await child.url())).text(), 'late');
      await stops(child);
    });
  });

  test('whose default export starts it is started', TIMEOUT, async () => {
    write(
      'starts.mjs',
      `import http from 'node:http';
      export default async function main() { http.createServer((req, res) => res.end('started')).listen(0); }`,
    );
    await serve(['starts.mjs', ...ALONE], async (child) => {
      assert.equal(await (await fetch(await child.url())).text(), 'started');
    });
  });

  test('listens where --bind says; its second server does not', TIMEOUT, async () => {
    write(
      'pair.mjs',
      `import http from 'node:http';
      http.createServer((req, res) => res.end('first')).listen(1, '0.0.0.0');
      http.createServer((req, res) => res.end('second')).listen(0, '127.0.0.1');`,
    );
    await serve(['pair.mjs', ...ANY_PORT], async (child) => {
      assert.equal(await (await fetch(await child.url())).text(), 'first');
      await child.printed(/listening on[\s\S]*listening on/);
      const [, second] = lines(child, 'listening on').map((line) =>
        /http:\S+/.exec(String(line['msg']))!.at(0),
      );
      assert.equal(await (await fetch(second!)).text(), 'second');
      await stops(child);
    });
  });

  test('reads PORT itself', TIMEOUT, async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    await once(free, 'close');
    await serve(
      ['program.mjs', ...QUICK],
      async (child) => assert.equal(await child.url(), `http://127.0.0.1:${port}`),
      { PORT: String(port) },
    );
  });

  test('finds its own file and its own arguments', TIMEOUT, async () => {
    write(
      'main.mjs',
      `import http from 'node:http';
      import { fileURLToPath } from 'node:url';
      if (process.argv[1] === fileURLToPath(import.meta.url)) {
        http.createServer((req, res) => res.end(process.argv.slice(2).join())).listen(0);
      }`,
    );
    await serve(['main.mjs', ...QUICK, '--', '--verbose', 'x'], async (child) => {
      assert.equal(await (await fetch(await child.url())).text(), '--verbose,x');
    });
  });

  test('whose file never ends is served from when it listens', TIMEOUT, async () => {
    write(
      'endless.mjs',
      `import { createServer } from 'node:http';
      createServer((req, res) => res.end('here')).listen(0, '127.0.0.1');
      await new Promise(() => {});`,
    );
    await serve(['endless.mjs', ...QUICK], async (child) => {
      assert.equal(await (await fetch(await child.url())).text(), 'here');
    });
  });

  test(
    'that exports an app too is served where it listens, unless the export is named',
    TIMEOUT,
    async () => {
      write(
        'both.cjs',
        `const http = require('node:http');
      const app = (req, res) => res.end(String(req.socket.localPort));
      http.createServer(app).listen(0, '127.0.0.1');
      module.exports = app;`,
      );
      await serve(['both.cjs', ...QUICK], async (child) => {
        await child.url();
        assert.equal(lines(child, 'listening on').length, 1);
        assert.equal(lines(child, 'it exports an app').length, 1);
      });
      await serve(['both.cjs:default', ...ANY_PORT], async (child) => {
        await child.printed(/listening on[\s\S]*listening on/);
        assert.deepEqual(
          lines(child, 'listening on').map((line) => line['interface']),
          ['program', 'node'],
        );
      });
    },
  );

  test('that exports an app and listens later is told what to do', TIMEOUT, async () => {
    write(
      'later.mjs',
      `import http from 'node:http';
      export default (req, res) => {
        const server = http.createServer((req, res) => res.end()).listen(0);
        server.once('listening', () => res.end('listens'));
      };`,
    );
    await serve(['later.mjs', ...ANY_PORT_ALONE], async (child) => {
      const url = await child.url();
      assert.equal(await (await fetch(url)).text(), 'listens');
      await (await fetch(url)).text();
      await child.printed(/begins to listen by itself as well; for that alone: --interface program/);
      assert.equal(lines(child, 'it exports an app').length, 1);
    });
  });

  test('that never listens, and exports no app, has not loaded', TIMEOUT, async () => {
    write('nothing.mjs', 'export const port = 1;');
    await serve(['nothing.mjs'], async (child) => {
      assert.deepEqual(await child.exit, [3, null]);
      assert.match(child.stderr, /^siskin: nothing.mjs has no default export\n/);
      assert.match(child.stderr, /No server in it listens either\./);
    });
    await serve(['nothing.mjs', '--interface', 'program', '--no-arbiter'], async (child) => {
      assert.deepEqual(await child.exit, [3, null]);
      assert.match(child.stderr, /^siskin: nothing.mjs does not listen\n/);
    });
  });

  test('that fails before it listens has not loaded, and its error has a place', TIMEOUT, async () => {
    write(
      'fails.mjs',
      "async function main() {\n  await null;\n  throw new Error('no database');\n}\nmain();\n",
    );
    await serve(['fails.mjs'], async (child) => {
      assert.deepEqual(await child.exit, [3, null]);
      assert.match(
        child.stderr,
        /^siskin: fails.mjs did not load\n {2}Error: no database\n {2}fails.mjs:3:9\n/,
      );
    });
  });

  test('whose port is in use could not listen: status 1', TIMEOUT, async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await serve(
      ['program.mjs'],
      async (child) => {
        assert.deepEqual(await child.exit, [1, null]);
        assert.match(
          child.stderr,
          new RegExp(`EADDRINUSE: address already in use 127\\.0\\.0\\.1:${port}\n`),
        );
        assert.match(child.stderr, /Asked for by program.mjs, which listens by itself\./);
      },
      { PORT: String(port) },
    );
    other.close();
  });

  test('whose file has no extension is served, as Node runs it', TIMEOUT, async () => {
    write(
      'www',
      `#!/usr/bin/env node
      const http = require('node:http');
      http.createServer((req, res) => res.end(String('isSiskin' in req.socket))).listen(0, '127.0.0.1');`,
    );
    await serve(['www', ...ALONE], async (child) => {
      assert.equal((await ask(await child.url())).body, 'true');
    });
  });

  test('finishes what is in flight before it ends', TIMEOUT, async () => {
    await serve(['program.mjs', ...ALONE], async (child) => {
      const answer = ask(`${await child.url()}/hang`);
      await child.printed(/hanging/);
      child.process.kill('SIGTERM');
      await child.printed(/finishing what is in flight/);
      child.process.stdin.write('go');
      assert.deepEqual(await answer, { connection: 'close', body: 'finished' });
      assert.deepEqual(await child.exit, [0, null]);
    });
  });

  test('with a handler of its own for the signal ends when that says so', TIMEOUT, async () => {
    write(
      'own.mjs',
      `import http from 'node:http';
      const server = http.createServer((req, res) => {
        console.log('hanging');
        process.stdin.once('data', () => res.end('finished'));
      });
      server.listen(0);
      process.on('SIGTERM', () => server.close((error) => { console.log('closed', error); setImmediate(() => process.exit(7)); }));`,
    );
    await serve(['own.mjs', ...ALONE], async (child) => {
      const answer = ask(await child.url());
      await child.printed(/hanging/);
      child.process.kill('SIGTERM');
      await child.printed(/finishing what is in flight/);
      child.process.stdin.write('go');
      assert.equal((await answer).body, 'finished');
      assert.deepEqual(await child.exit, [7, null]);
      assert.match(child.stdout, /^closed undefined$/m);
    });
  });

  test('whose handler for the signal does not end it is ended at the graceful timeout', TIMEOUT, async () => {
    write(
      'stays.mjs',
      `import http from 'node:http';
      http.createServer((req, res) => res.end('x')).listen(0);
      process.on('SIGTERM', () => console.log('heard'));
      setInterval(() => {}, 1e6);`,
    );
    await serve(['stays.mjs', ...QUICK, '--graceful-timeout', '300ms'], async (child) => {
      await child.url();
      await stops(child);
      assert.match(child.stdout, /^heard$/m);
      assert.equal(lines(child, 'stopped').length, 1);
    });
  });

  test('that closes its servers itself ends by itself', TIMEOUT, async () => {
    write(
      'once.mjs',
      `import http from 'node:http';
      const server = http.createServer((req, res) => { res.end('bye'); server.close(); }).listen(0);`,
    );
    await serve(['once.mjs', ...ALONE], async (child) => {
      assert.equal((await ask(await child.url())).body, 'bye');
      assert.deepEqual(await child.exit, [0, null]);
      assert.equal(lines(child, 'the program has ended').length, 1);
    });
  });

  test("with servers of https and http2 keeps Node's, and is told so once for each", TIMEOUT, async () => {
    write(
      'tls.mjs',
      `import http from 'node:http';
      import http2 from 'node:http2';
      import https from 'node:https';
      const servers = [https.createServer({}), https.createServer({}), http2.createServer({}), http2.createSecureServer({})];
      for (const server of servers) server.listen(0);
      await Promise.all(servers.map((server) => new Promise((resolve) => server.on('listening', resolve))));
      http.createServer().listen(0);`,
    );
    await serve(['tls.mjs', ...ALONE], async (child) => {
      await child.url();
      await stops(child);
      const said = child.stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg);
      assert.equal(said.length, 2);
      assert.match(said[0], /^Node's own https server serves it/);
      assert.match(said[1], /^Node's own http2 server serves it/);
    });
  });
});
