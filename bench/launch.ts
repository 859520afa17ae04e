// Starts a server for a case, waits until it answers correctly, and stops it again. Every measurement goes through
// here, so a server that answers wrong bytes is never measured.

import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Case, requestText } from './cases.ts';
import { SERVER_CORE, start, startOnCore, stop } from './children.ts';
import { type Answer, Client } from './client.ts';

const READY_WITHIN = 15;
const STOP_WITHIN = 1;

export interface Running {
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote to its standard error, the last of it. */
  log(): string;
  stop(): Promise<void>;
}

/** Runs `command(port)` on the server's core, or on `'any'`; resolves once it answers `it` with what is expected. */
export async function launch(
  command: (port: number) => readonly string[],
  it: Case,
  core: number | 'any' = SERVER_CORE,
): Promise<Running> {
  const port = await freePort();
  const env = { ...process.env, NODE_ENV: 'production', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  delete (env as NodeJS.ProcessEnv)['PORT'];
  const options: SpawnOptions = { stdio: ['ignore', 'ignore', 'pipe'], env };
  const child = core === 'any' ? start(command(port), options) : startOnCore(core, command(port), options);
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  const running = {
    port,
    pid: child.pid!,
    child,
    log: () => log,
    stop: () => stop(child, 'SIGTERM', STOP_WITHIN),
  };
  try {
    await untilReady(running, it);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function untilReady(running: Running, it: Case): Promise<void> {
  const deadline = Date.now() + READY_WITHIN * 1000;
  for (;;) {
    if (running.child.exitCode !== null)
      throw new Error(`ended with code ${running.child.exitCode}:\n${running.log()}`);
    const answer = await askOnce(running.port, requestText(it, running.port)).catch((error: Error) => error);
    if (!(answer instanceof Error)) {
      assertExpected(answer, it);
      return;
    }
    if (Date.now() > deadline)
      throw new Error(`no answer within ${READY_WITHIN} s: ${answer.message}\n${running.log()}`);
    await sleep(25);
  }
}

function assertExpected(answer: Answer, it: Case): void {
  if (answer.status === 200 && answer.body.equals(it.expected)) return;
  const found = answer.body.toString('utf8', 0, 80);
  throw new Error(
    `answered ${it.method} ${it.path} with ${answer.status} and ${answer.body.length} bytes (${found}); ` +
      `expected 200 and ${it.expected.length} bytes (${it.expected.toString('utf8', 0, 80)})`,
  );
}

/** One request on a connection of its own. Rejects when it isn't answered whole within 10 s. */
export async function askOnce(port: number, request: string): Promise<Answer> {
  const client = await Client.connect(port);
  const timer = setTimeout(() => client.destroy(), 10_000);
  try {
    return await client.request(request);
  } finally {
    clearTimeout(timer);
    client.destroy();
  }
}

/** GET of a path that answers JSON, such as `/memory`. */
export async function askJson<T>(port: number, path: string): Promise<T> {
  const answer = await askOnce(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status}`);
  return JSON.parse(answer.body.toString()) as T;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
