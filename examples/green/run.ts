// Serves app.js, which is synchronous and waits, in the way that you name, with the slow API it asks and whatever else is
// needed; everything ends with it.
//
//   node examples/green/run.ts green                              then: curl 'http://127.0.0.1:8000/?delay=1'
//   node examples/green/run.ts nginx --requests 2000 --clients 200     has ab ask, and ends

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { start, untilListening } from './children.ts';
import { nginxConfiguration } from './nginx.ts';
import { postgresCommand, untilPostgres } from './postgres.ts';

const HERE = import.meta.dirname;
const SISKIN = [process.execPath, join(HERE, '../../src/cli/main.ts'), 'serve'];

interface Way {
  readonly what: string;
  readonly app: string;
  readonly flags: readonly string[];
  readonly nginx?: true;
  readonly postgres?: true;
}

const WAYS: Readonly<Record<string, Way>> = {
  plain: { what: 'one process, one request at a time', app: 'app.js', flags: [] },
  threads: {
    what: 'a pool of 50 threads',
    app: 'app.js',
    flags: ['--worker-class', 'threads', '--threads', '50'],
  },
  green: { what: 'green, one process', app: 'app.js', flags: ['--worker-class', 'green'] },
  workers: {
    what: 'green, two processes',
    app: 'app.js',
    flags: ['--worker-class', 'green', '--workers', '2'],
  },
  nginx: {
    what: 'green, one process, behind nginx',
    app: 'app.js',
    flags: ['--worker-class', 'green'],
    nginx: true,
  },
  async: { what: 'app-async.js, which says async and await', app: 'app-async.js', flags: [] },
  postgres: {
    what: 'green, half of the waiting in PostgreSQL',
    app: 'app-postgres.js',
    flags: ['--worker-class', 'green', '--green-driver', 'pg-native'],
    postgres: true,
  },
  'postgres-blocking': {
    what: 'green without the driver: PostgreSQL blocks',
    app: 'app-postgres.js',
    flags: ['--worker-class', 'green'],
    postgres: true,
  },
};

const USAGE = `node examples/green/run.ts WAY [--port 8000] [--delay 1] [--requests 2000 [--clients 200]]

ways:
${Object.entries(WAYS)
  .map(([name, { what }]) => `  ${name.padEnd(18)} ${what}`)
  .join('\n')}
`;

function usage(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '8000' },
    requests: { type: 'string' },
    clients: { type: 'string', default: '200' },
    delay: { type: 'string', default: '1' },
  },
});
const way = WAYS[positionals[0] ?? ''];
if (way === undefined) usage(`Which way? ${positionals[0] ?? ''}`);
const port = Number(values.port);

const scratch = mkdtempSync(join(tmpdir(), 'siskin-green-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const [api, behind] = [port + 1, port + 2];
const app = way.nginx ? behind : port;
start([...SISKIN, join(HERE, 'slow-api.js'), '--bind', `127.0.0.1:${api}`, '--log-level', 'warn']);
if (way.postgres) start(postgresCommand(scratch));
const database = way.postgres ? await untilPostgres(scratch) : undefined;
start([...SISKIN, join(HERE, way.app), '--bind', `127.0.0.1:${app}`, ...way.flags], {
  SLOW_API: `http://127.0.0.1:${api}`,
  ...(database !== undefined && { DATABASE: database }),
});
if (way.nginx) start(['nginx', '-c', nginxConfiguration(scratch, { port, behind }), '-p', scratch]);
for (const each of new Set([api, app, port])) await untilListening(each);

const url = `http://127.0.0.1:${port}/?delay=${values.delay}`;
if (values.requests === undefined) {
  process.stdout.write(`${way.what}: ${url}\n`);
} else {
  const load = ['-r', '-n', values.requests, '-c', values.clients, url];
  execFileSync('ab', load, { stdio: ['ignore', 'inherit', 'inherit'] });
  process.exit(0);
}
