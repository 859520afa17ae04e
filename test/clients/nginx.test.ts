// nginx in front of the server, configured as README.md says.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as askHttp } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { portOf } from '../apps/ask.ts';
import { Child, Siskin } from './command.ts';
import { withTool } from './tools.ts';

const CONTENT = Buffer.alloc(20_000_000, 'content of a large file ');
const HASH = createHash('sha256').update(CONTENT).digest('hex');

/** nginx with a folder of its own, in front of `upstream`. */
class Nginx extends Child {
  readonly folder: string;
  readonly port: number;

  private constructor(path: string, folder: string, port: number) {
    super(path, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]);
    this.folder = folder;
    this.port = port;
  }

  static async inFrontOf(path: string, upstream: string): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'siskin-nginx-'));
    mkdirSync(join(folder, 'temp'));
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, upstream));
    const nginx = new Nginx(path, folder, port);
    while (!(await reachable(port))) {
      if (nginx.process.exitCode !== null) throw new Error(`nginx did not start: ${nginx.stderr}`);
      await setTimeout(5);
    }
    return nginx;
  }

  get log(): string {
    return readFileSync(join(this.folder, 'error.log'), 'utf8');
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // Asked, it takes its worker along.
    await this.stop();
    await super[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

function configuration(folder: string, port: number, upstream: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temp/${name};`)
    .join('\n  ');
  // Otherwise a worker of root's runs as nobody, who may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
daemon off;
${user}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary}
  upstream app {
    server ${upstream};
    keepalive 8;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 100m;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Forwarded "";
    }
    location /unbuffered/ {
      proxy_pass http://app/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One request to nginx, from `localAddress`. */
async function ask(
  port: number,
  path: string,
  options: {
    readonly body?: Uint8Array;
    readonly headers?: Record<string, string>;
    readonly agent?: Agent;
  } = {},
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const { body, headers = {}, agent = false } = options;
  return await new Promise((resolve, reject) => {
    const client = askHttp({
      host: '127.0.0.1',
      // A client that is not the proxy itself, and still on this machine.
      localAddress: '127.0.0.2',
      port,
      path,
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { host: 'shop.example', ...headers },
    });
    client.on('error', reject);
    client.on('response', (response) => {
      buffer(response).then((whole) => resolve({ status: response.statusCode!, body: whole }), reject);
    });
    client.end(body);
  });
}

async function reachable(port: number): Promise<boolean> {
  return await ask(port, '/').then(
    () => true,
    () => false,
  );
}

withTool('nginx', 'nginx: URL, address and access log are the client’s', async (path) => {
  await using siskin = await Siskin.serve('test/clients/app.ts', [
    '--access-log',
    '--log-format',
    'human',
    '--forwarded-allow-ips',
    '127.0.0.1',
  ]);
  await using nginx = await Nginx.inFrontOf(path, `127.0.0.1:${siskin.port}`);
  const { body } = await ask(nginx.port, '/request?a=b', {
    headers: {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.9',
    },
  });
  const seen = JSON.parse(`${body}`);
  assert.equal(seen.url, 'http://shop.example/request?a=b');
  // The first from the right that is no trusted proxy; what the client wrote is left of it.
  assert.equal(seen.address, '127.0.0.2');
  await siskin.printed(/^127\.0\.0\.2 - - \[.*\] "GET \/request\?a=b HTTP\/1\.1" 200 /m);
  assert.doesNotMatch(siskin.stdout, /203\.0\.113\.9/);
  assert.equal(nginx.log, '');
});

withTool('nginx', 'nginx: its connections to the app are kept, and none is lost', async (path) => {
  // The app sees the proxy's own ports where it doesn't believe what the proxy says.
  await using siskin = await Siskin.serve('test/clients/app.ts', ['--forwarded-allow-ips', '10.0.0.1']);
  await using nginx = await Nginx.inFrontOf(path, `127.0.0.1:${siskin.port}`);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const answers = await Promise.all(
    Array.from({ length: 400 }, async () =>
      JSON.parse(`${(await ask(nginx.port, '/request', { agent })).body}`),
    ),
  );
  agent.destroy();
  assert.equal(answers.length, 400);
  assert.ok(
    answers.every(({ address, headers }) => address === '127.0.0.1' && headers.host === 'shop.example'),
  );
  const connections = new Set(answers.map(({ port }) => port)).size;
  assert.ok(connections <= 8, `${connections} connections`);
  assert.equal(nginx.log, '');
});

// Not echoed: nginx stops sending a request once its answer has begun, to any server.
for (const prefix of ['', '/unbuffered']) {
  withTool('nginx', `nginx: 20 MB up and down${prefix === '' ? '' : ', unbuffered'}`, async (path) => {
    await using siskin = await Siskin.serve('test/clients/app.ts');
    await using nginx = await Nginx.inFrontOf(path, `127.0.0.1:${siskin.port}`);
    const up = await ask(nginx.port, `${prefix}/hash`, { body: CONTENT });
    assert.deepEqual(JSON.parse(`${up.body}`), { size: CONTENT.length, hash: HASH });
    const down = await ask(nginx.port, `${prefix}/bytes?count=${CONTENT.length}`);
    assert.equal(down.body.length, CONTENT.length);
    assert.equal((await ask(nginx.port, `${prefix}/`)).status, 200);
    assert.doesNotMatch(nginx.log, /\[(?:error|crit|alert)\]/);
  });
}

withTool('nginx', 'nginx: over a unix socket', async (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-unix-'));
  const socket = join(folder, 'app.sock');
  await using siskin = await Siskin.serve('test/clients/app.ts', ['--bind', `unix:${socket}`]);
  assert.equal(siskin.url, `unix:${socket}`);
  await using nginx = await Nginx.inFrontOf(path, `unix:${socket}`);
  const { body } = await ask(nginx.port, '/request');
  const seen = JSON.parse(`${body}`);
  assert.deepEqual([seen.url, seen.address], ['http://shop.example/request', '127.0.0.2']);
  assert.equal((await ask(nginx.port, '/bytes?count=1000000')).body.length, 1_000_000);
  assert.equal(await siskin.stop(), 0);
  rmSync(folder, { recursive: true });
});
