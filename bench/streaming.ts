// node bench/streaming.ts [--servers siskin] [--megabytes 1024]
// Streams a gigabyte through a server that runs `apps/routes.ts`, up and then down, each with a pause of a second on
// the receiving side, and watches the server's resident memory: what waits must wait in the sockets. Bar: memory
// flat, no higher than under an upload of a quarter of that before, which has the pause as well.

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
/**
 * How much more memory there may be at any time. V8 lets tens of megabytes of buffers that nobody has any more wait for its
 * collector; a second of a stream that nothing holds up is 500 MB.
 */
const BAR = 64 * MEGABYTE;

interface Watched {
  /** Bytes resident, at most. */
  readonly peak: number;
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
      const before = await watch(running, () => send(running.port, upload / 4));
      const up = await watch(running, () => send(running.port, upload));
      const down = await watch(running, () => receive(running.port));
      rows.push(row(server, 'up', upload, up, before), row(server, 'down', DOWNLOAD, down, before));
    } finally {
      await running.stop();
    }
  }
  const head = ['server', 'way', 'MB', 'before', 'at most', 's', 'CPU s/GB', `rises < ${BAR / MEGABYTE} MB`];
  process.stdout.write(`resident memory of the server, MB, at most\n${textTable(head, rows)}\n`);
}

function row(server: Server, direction: string, bytes: number, watched: Watched, before: Watched): string[] {
  const flat = watched.peak - before.peak < BAR;
  if (server.name === 'siskin' && !flat) process.exitCode = 1;
  const memory = [before.peak, watched.peak].map((value) => (value / MEGABYTE).toFixed(1));
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

/** Runs `stream`, and samples the server's memory every 20 ms. */
async function watch(running: Running, stream: () => Promise<void>): Promise<Watched> {
  const begun = performance.now();
  const cpu = cpuSeconds(running.pid);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(running.pid));
  }, 20);
  try {
    await stream();
  } finally {
    clearInterval(timer);
  }
  return { peak, seconds: (performance.now() - begun) / 1000, cpu: cpuSeconds(running.pid) - cpu };
}

async function send(port: number, bytes: number): Promise<void> {
  const headers = { 'Content-Length': bytes };
  const request = openRequest({ port, host: '127.0.0.1', path: '/sink', method: 'POST', headers });
  const answered = answerOf(request);
  for (let sent = 0; sent < bytes; sent += PIECE.length) {
    if (!request.write(PIECE)) await Promise.race([once(request, 'drain'), answered]);
  }
  request.end();
  const answer = await answered;
  const counted = Number((await answer.toArray()).join(''));
  if (counted !== bytes)
    throw new Error(`sent ${bytes} bytes, and the app counted ${counted} (${answer.statusCode})`);
}

async function receive(port: number): Promise<void> {
  const request = openRequest({ port, host: '127.0.0.1', path: '/gigabyte' }).end();
  const answer = await answerOf(request);
  let received = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    const before = received;
    received += piece.length;
    if (before < PAUSE_AT && received >= PAUSE_AT) await sleep(1000);
  }
  if (received !== DOWNLOAD) throw new Error(`received ${received} bytes of ${DOWNLOAD}`);
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

await runMain(main);
