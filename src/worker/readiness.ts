// Whether an app is ready to be served: its own `ready()` says so, or a message of it, or a path of it answers 2xx. Asked
// by `serving.ts` before anybody else is let in.

import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { AppLoadError } from './load-app.ts';
import type { ParentMessages } from './parent-messages.ts';

/** Milliseconds between two questions. */
const PAUSE = 100;
/** Milliseconds for an answer. */
const PATIENCE = 5000;

/** Answers undefined where the app is ready, and otherwise what it waits for. */
export type Check = () => Promise<string | undefined>;

/** Asks until it is ready; `tell` hears what it waits for, once for each reason. */
export async function untilReady(check: Check, tell: (reason: string) => void): Promise<void> {
  let told: string | undefined;
  for (;;) {
    const reason = await check();
    if (reason === undefined) return;
    if (reason !== told) tell(reason);
    told = reason;
    await sleep(PAUSE);
  }
}

/** Calls the app's own `ready`. One that throws says that it never will be: rejects with `AppLoadError`. */
export function readyExport(ready: () => unknown): Check {
  return async () => {
    let answer: unknown;
    try {
      answer = await ready();
    } catch (error) {
      throw new AppLoadError(`ready() failed: ${inspect(error)}`, { cause: error });
    }
    return answer === false ? 'ready() returns false' : undefined;
  };
}

/** Waits for the app to say so: `process.send('ready')`. */
export function readyMessage(said: ParentMessages): Check {
  return async () => (said.ready ? undefined : "process.send('ready') has not been called");
}

/** Asks for a path of a server that listens at `url`. */
export function readyPath(url: string, path: string): Check {
  return async () => {
    try {
      const status = await statusOf(new URL(path, url));
      return status >= 200 && status < 300 ? undefined : `GET ${path} answers ${status}`;
    } catch (error) {
      return `GET ${path}: ${(error as Error).message}`;
    }
  };
}

function statusOf(url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', 'User-Agent': 'siskin', Connection: 'close' };
    const request = get(url, { headers, agent: false, timeout: PATIENCE }, (response: IncomingMessage) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode ?? 0));
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${PATIENCE} ms`)));
    request.once('error', reject);
  });
}
