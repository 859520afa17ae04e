// node bench/streaming.ts [--megabytes 1024]
// Streams a gigabyte through Siskin, up and then down, each with a pause of a second on the receiving side, and
// watches the server's resident memory: what waits must wait in the sockets. Bar: memory flat.

import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { routeCase } from './cases.ts';
import { takeLoadCore } from './children.ts';
import { launch, type Running } from './launch.ts';
import { runMain } from './main.ts';
import { readFlags } from './options.ts';
import { cpuSeconds, residentBytes } from './proc.ts';
import { siskinCommand } from './servers.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const MEGABYTE = 2 ** 20;
const PIECE = Buffer.alloc(65_536, 115);
/** The download is as long as `apps/routes.ts` makes it. */
const DOWNLOAD = 1024 * MEGABYTE;
const PAUSE_AT = 100 * MEGABYTE;
/** How much more memory the rest of a stream may take than its first quarter. */
const BAR = 16 * MEGABYTE;

interface Watched {
  readonly start: number;
  readonly firstQuarter: number;
  readonly rest: number;
  readonly seconds: number;
  readonly cpu: number;
}

async function main(): Promise<void> {
  requireTools('taskset');
  const { numbers } = readFlags(process.argv.slice(2), [], { megabytes: 1024 });
  takeLoadCore();
  const upload = numbers.megabytes * MEGABYTE;
  const limit = ['--limit-request-body', `${numbers.megabytes}M`];
  const running = await launch((port) => siskinCommand(port, 'routes.ts', ...limit), routeCase('/'));
  try {
    const rows = [
      row('up', upload, await watch(running, upload, (progress) => send(running.port, upload, progress))),
      row('down', DOWNLOAD, await watch(running, DOWNLOAD, (progress) => receive(running.port, progress))),
    ];
    const head = [
      'direction',
      'MB',
      'at start',
      'first quarter',
      'the rest',
      's',
      'CPU s/GB',
      `grows < ${BAR / MEGABYTE} MB`,
    ];
    process.stdout.write(`resident memory of the server, MB, at most\n${textTable(head, rows)}\n`);
  } finally {
    await running.stop();
  }
}

function row(direction: string, bytes: number, watched: Watched): string[] {
  const flat = watched.rest - watched.firstQuarter < BAR;
  if (!flat) process.exitCode = 1;
  const memory = [watched.start, watched.firstQuarter, watched.rest].map((value) =>
    (value / MEGABYTE).toFixed(1),
  );
  const perGigabyte = (watched.cpu / bytes) * 2 ** 30;
  return [
    direction,
    String(bytes / MEGABYTE),
    ...memory,
    watched.seconds.toFixed(1),
    perGigabyte.toFixed(2),
    flat ? 'yes' : 'NO',
  ];
}

/** Runs `stream`, which tells its progress in bytes, and samples the server's memory every 20 ms. */
async function watch(
  running: Running,
  bytes: number,
  stream: (progress: (bytes: number) => void) => Promise<void>,
): Promise<Watched> {
  const begun = performance.now();
  const cpu = cpuSeconds(running.pid);
  const start = residentBytes(running.pid);
  let done = 0;
  let firstQuarter = start;
  let rest = 0;
  const timer = setInterval(() => {
    const resident = residentBytes(running.pid);
    if (done < bytes / 4) firstQuarter = Math.max(firstQuarter, resident);
    else rest = Math.max(rest, resident);
  }, 20);
  try {
    await stream((progress) => {
      done = progress;
    });
  } finally {
    clearInterval(timer);
  }
  return {
    start,
    firstQuarter,
    rest,
    seconds: (performance.now() - begun) / 1000,
    cpu: cpuSeconds(running.pid) - cpu,
  };
}

async function send(port: number, bytes: number, progress: (bytes: number) => void): Promise<void> {
  const headers = { 'Content-Length': bytes };
  const request = openRequest({ port, host: '127.0.0.1', path: '/sink', method: 'POST', headers });
  const answered = answerOf(request);
  for (let sent = 0; sent < bytes; sent += PIECE.length) {
    if (!request.write(PIECE)) await Promise.race([once(request, 'drain'), answered]);
    progress(sent);
  }
  request.end();
  const answer = await answered;
  const counted = Number((await answer.toArray()).join(''));
  if (counted !== bytes)
    throw new Error(`sent ${bytes} bytes, and the app counted ${counted} (${answer.statusCode})`);
}

async function receive(port: number, progress: (bytes: number) => void): Promise<void> {
  const request = openRequest({ port, host: '127.0.0.1', path: '/gigabyte' }).end();
  const answer = await answerOf(request);
  let received = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    const before = received;
    received += piece.length;
    progress(received);
    if (before < PAUSE_AT && received >= PAUSE_AT) await sleep(1000);
  }
  if (received !== DOWNLOAD) throw new Error(`received ${received} bytes of ${DOWNLOAD}`);
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

await runMain(main);
