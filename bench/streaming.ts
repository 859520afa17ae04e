// node bench/streaming.ts [--servers siskin] [--megabytes 1024]
// Streams a gigabyte through a server that runs `apps/routes.ts`, up and then down, each with a pause of a second on
// the receiving side, and watches the server's resident memory: what waits must wait in the sockets. Bar: memory
// flat, the second half taking no more than the first.

import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { routeCase } from './cases.ts';
import { takeLoadCore } from './children.ts';
import { launch, type Running } from './launch.ts';
import { makeScratch, runMain } from './main.ts';
import { readFlags } from './options.ts';
import { cpuSeconds, residentBytes } from './proc.ts';
import type { Server } from './servers.ts';
import { textTable } from './table.ts';
import { requireTools } from './tools.ts';

const MEGABYTE = 2 ** 20;
const PIECE = Buffer.alloc(65_536, 115);
/** The download is as long as `apps/routes.ts` makes it. */
const DOWNLOAD = 1024 * MEGABYTE;
const PAUSE_AT = 100 * MEGABYTE;
/** How much more memory the second half of a stream may take than the first: V8's heap breathes. */
const BAR = 16 * MEGABYTE;

interface Watched {
  readonly start: number;
  readonly firstHalf: number;
  readonly secondHalf: number;
  readonly seconds: number;
  readonly cpu: number;
}

async function main(): Promise<void> {
  requireTools('taskset');
  const { servers, numbers } = readFlags(process.argv.slice(2), ['siskin'], { megabytes: 1024 });
  takeLoadCore();
  const scratch = makeScratch();
  const upload = numbers.megabytes * MEGABYTE;
  const it = routeCase('/sink', '0');
  const rows: string[][] = [];
  for (const server of servers) {
    const running = await launch((port) => server.command({ port, case: it, scratch }), it);
    try {
      const up = await watch(running, upload, (progress) => send(running.port, upload, progress));
      const down = await watch(running, DOWNLOAD, (progress) => receive(running.port, progress));
      rows.push(row(server, 'up', upload, up), row(server, 'down', DOWNLOAD, down));
    } finally {
      await running.stop();
    }
  }
  const head = [
    'server',
    'way',
    'MB',
    'at start',
    'first half',
    'second half',
    's',
    'CPU s/GB',
    `grows < ${BAR / MEGABYTE} MB`,
  ];
  process.stdout.write(`resident memory of the server, MB, at most\n${textTable(head, rows)}\n`);
}

function row(server: Server, direction: string, bytes: number, watched: Watched): string[] {
  const flat = watched.secondHalf - watched.firstHalf < BAR;
  if (server.name === 'siskin' && !flat) process.exitCode = 1;
  const memory = [watched.start, watched.firstHalf, watched.secondHalf].map((value) =>
    (value / MEGABYTE).toFixed(1),
  );
  const perGigabyte = (watched.cpu / bytes) * 2 ** 30;
  return [
    server.title,
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
  let firstHalf = start;
  let secondHalf = 0;
  const timer = setInterval(() => {
    const resident = residentBytes(running.pid);
    if (done < bytes / 2) firstHalf = Math.max(firstHalf, resident);
    else secondHalf = Math.max(secondHalf, resident);
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
    firstHalf,
    secondHalf,
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
