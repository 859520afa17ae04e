// `siskin serve` with the programs that a test file writes for `node:http`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '../folder.ts';
import { type Child, withSiskin } from './child.ts';

const { directory, write } = temporaryFolder('node-apps');

export { directory, write };

export const QUICK = ['--keep-alive-grace', '10ms'];
/** Without an arbiter, which would start anew what ends by itself; and with the standard input of this process. */
export const ALONE = [...QUICK, '--no-arbiter'];
export const ANY_PORT = ['--bind', '127.0.0.1:0', ...QUICK];
/** For what is the same in a worker of an arbiter: one process instead of two. */
export const ANY_PORT_ALONE = [...ANY_PORT, '--no-arbiter'];
export const TIMEOUT = { timeout: 30_000 };

export function serve(
  args: readonly string[],
  use: (child: Child) => Promise<void>,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  return withSiskin(args, { cwd: directory, env }, use);
}

/** The lines of the log that begin with this. */
export function lines(child: Child, message: string): Record<string, unknown>[] {
  return `${child.stdout}${child.stderr}`
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(`"msg":"${message}`))
    .map((line) => JSON.parse(line));
}

/** What the line at the start says of it: app, interface, shape. */
export function kindOf(child: Child): unknown[] {
  const [line] = lines(child, 'listening on');
  return [line?.['app'], line?.['interface'], line?.['shape']];
}

export async function stops(child: Child, status: number | null = 0): Promise<void> {
  child.process.kill('SIGTERM');
  assert.deepEqual(await child.exit, [status, null], child.stderr);
}

/** One request on a connection of its own. */
export async function ask(url: string): Promise<{ connection: string | undefined; body: string }> {
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  const body = await text(response);
  agent.destroy();
  return { connection: response.headers.connection, body };
}
