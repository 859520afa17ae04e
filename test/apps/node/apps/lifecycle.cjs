// A program that opens and closes servers of its own, and tells what it saw: `listen`, `close` and their errors. Each scene
// is a request to it.

const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { text } = require('node:stream/consumers');

/** One request over a connection of its own, unless an agent is given: status, and the body. */
async function ask(options) {
  const request = http.get({ agent: false, ...options });
  const [response] = await once(request, 'response');
  return `${response.statusCode} ${await text(response)}`;
}
const codeOf = (error) => (error ? `${error.code}: ${error.message.replace(/\d{4,5}$/, 'PORT')}` : 'none');
const close = (server) => new Promise((resolve) => server.close((error) => resolve(codeOf(error))));
const hello = (_req, res) => res.end('hello');

const scenes = {
  async listen() {
    const seen = [];
    const server = http.createServer(hello);
    server.on('listening', () => seen.push('event'));
    const returned = server.listen(0, '127.0.0.1', () => seen.push('callback'));
    // A host, even a numeric one, is looked up first.
    seen.push(returned === server, server.listening, server.address());
    await once(server, 'listening');
    const { address, family, port } = server.address();
    seen.push(address, family, await ask({ port, host: '127.0.0.1' }));
    try {
      server.listen(0);
    } catch (error) {
      seen.push(codeOf(error));
    }
    seen.push(await close(server), server.address(), server.listening, await close(server));
    return seen;
  },
  async hosts() {
    const seen = [];
    for (const args of [
      [0],
      [0, 'localhost'],
      [0, '::1'],
      [{ port: 0, host: '127.0.0.1', backlog: 5 }],
      [0, '0.0.0.0', 10],
    ]) {
      const server = http.createServer(hello).listen(...args);
      await once(server, 'listening');
      const { address, family, port } = server.address();
      seen.push([
        address,
        family,
        await ask({ port, host: address === '::' ? '127.0.0.1' : address }),
        await close(server),
      ]);
    }
    return seen;
  },
  async 'a name that is none'() {
    const server = http.createServer(hello).listen(0, 'no-such-host.invalid');
    const [{ code, syscall, hostname }] = await once(server, 'error');
    return [code, syscall, hostname, server.listening];
  },
  async 'a port that is taken'() {
    const first = http.createServer(hello).listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address();
    const second = http.createServer(hello).listen(port, '127.0.0.1');
    const [error] = await once(second, 'error');
    const seen = [
      codeOf(error),
      error.syscall,
      error.address,
      error.port === port,
      typeof error.errno,
      second.listening,
    ];
    await close(first);
    // It is free at once.
    second.listen(port, '127.0.0.1');
    await once(second, 'listening');
    seen.push(await ask({ port, host: '127.0.0.1' }), await close(second));
    return seen;
  },
  async 'an address that is not ours'() {
    const server = http.createServer(hello).listen(0, '192.0.2.1');
    const [error] = await once(server, 'error');
    return [error.code, error.syscall, error.address];
  },
  async 'a unix socket'() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lifecycle-'));
    const socketPath = path.join(folder, 'http.sock');
    const server = http.createServer((req, res) => {
      const { remoteAddress, remoteFamily, remotePort } = req.socket;
      res.end(JSON.stringify([remoteAddress ?? null, remoteFamily ?? null, remotePort ?? null]));
    });
    server.listen(socketPath);
    await once(server, 'listening');
    const seen = [
      server.address() === socketPath,
      fs.statSync(socketPath).isSocket(),
      await ask({ socketPath }),
    ];
    seen.push(await close(server), fs.existsSync(socketPath));
    fs.rmSync(folder, { recursive: true });
    return seen;
  },
  async 'a signal'() {
    const controller = new AbortController();
    const server = http.createServer(hello).listen({ port: 0, signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await once(server, 'close');
    return [server.listening];
  },
  async 'close waits for answers'() {
    const seen = [];
    let finish;
    const server = http.createServer((req, res) => {
      if (req.url === '/slow') finish = () => res.end('slow');
      else res.end('quick');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const slow = ask({ port, host: '127.0.0.1', path: '/slow' }).then((answer) => seen.push(answer));
    while (finish === undefined) await new Promise(setImmediate);
    const closed = once(server, 'close').then(() => seen.push('closed'));
    server.close();
    const refused = net.connect(port, '127.0.0.1');
    seen.push((await once(refused, 'error'))[0].code);
    finish();
    await Promise.all([slow, closed]);
    return seen;
  },
  async 'idle connections'() {
    const server = http.createServer({ keepAliveTimeout: 60_000 }, hello).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new http.Agent({ keepAlive: true });
    const options = { port: server.address().port, host: '127.0.0.1', agent };
    const seen = [await ask(options)];
    seen.push(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count))));
    // It closes what is idle.
    seen.push(await close(server));
    agent.destroy();
    return seen;
  },
  async 'all connections'() {
    const server = http.createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = net.connect(server.address().port, '127.0.0.1');
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(server, 'request');
    const closed = close(server);
    server.closeAllConnections();
    await once(client, 'close');
    return [await closed];
  },
  async 'listeners that come later'() {
    const server = new http.Server();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('request', (_req, res) => res.setHeader('X-First', '1'));
    server.on('request', (_req, res) => res.end('second'));
    const { port } = server.address();
    const seen = [await ask({ port, host: '127.0.0.1' })];
    server.removeAllListeners('request');
    server.once('request', (_req, res) => res.end('replaced'));
    seen.push(await ask({ port, host: '127.0.0.1' }), server.listenerCount('request'));
    await server[Symbol.asyncDispose]();
    seen.push(server.listening);
    return seen;
  },
  async 'a subclass'() {
    class Site extends http.Server {
      constructor() {
        super({}, (req, res) => this.serve(req, res));
      }
      serve(_req, res) {
        res.end('from a subclass');
      }
    }
    const server = new Site().listen(0);
    await once(server, 'listening');
    const { port } = server.address();
    return [
      await fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text()),
      server instanceof http.Server,
      await close(server),
    ];
  },
  async 'many at once'() {
    const servers = Array.from({ length: 10 }, (_, i) =>
      http.createServer((_req, res) => res.end(`${i}`)).listen(0),
    );
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const ports = servers.map((server) => server.address().port);
    const answers = await Promise.all(ports.map((port) => ask({ port, host: '127.0.0.1' })));
    return [new Set(ports).size, ...answers, ...(await Promise.all(servers.map(close)))];
  },
};

exports.start = () =>
  http
    .createServer(async (req, res) => {
      const scene = scenes[decodeURIComponent(req.url.slice(1))];
      const seen = await scene().catch(({ stack }) => stack);
      res.end(JSON.stringify(seen, null, 1));
    })
    .listen(0);
