// Asks the same of an app behind the server and behind the reference (node:http and the platform's own classes), and
// expects the same answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Fetcher, type FetchHandler, installFetchGlobals } from '../../src/app/fetch/index.ts';
import { serve } from '../../src/serve.ts';
import type { Logger } from '../../src/server/index.ts';
import { ask, type Question, type Reply } from './ask.ts';

/** What each side says of the connection, and how it frames a body: the client has judged that already. */
const OWN = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** What an app gave: what does not change with who serves it. */
function essence({ status, reason, fields, body }: Reply) {
  const text = body.toString();
  // Of our own and the reference's answer for an app that throws, only the status counts.
  if (status === 500 && (text === '' || text.startsWith('500 '))) return { status };
  return {
    status,
    // Whoever serves names a status as it likes where the app does not.
    reason: reason === (STATUS_CODES[status] ?? 'unknown') || reason === 'Content Too Large' ? '' : reason,
    fields: fields.filter(([name]) => !OWN.has(name)),
    // An octet a character: bytes are compared as they are.
    body: body.toString('latin1'),
  };
}

export interface Comparison {
  /** A test: both answers to each question are the same, and `expectation` holds for the answers. */
  same(name: string, questions: readonly Question[], expectation: (...replies: Reply[]) => void): void;
  /** The port of the server. */
  readonly port: number;
  /** What the server has logged, one message each. */
  readonly log: readonly string[];
}

/** Serves the app that the module at `url` exports, twice, until the tests of this file are over. */
export async function compare(url: URL): Promise<Comparison> {
  // As the command does before it loads an app.
  installFetchGlobals();
  const { default: app } = (await import(url.href)) as { default: Fetcher | FetchHandler };
  const worker = new Worker(new URL('./reference.ts', import.meta.url), { workerData: { app: url.href } });
  const [referencePort] = (await once(worker, 'message')) as [number];
  const log: string[] = [];
  const server = await serve(app, { bind: '127.0.0.1:0', keepAliveGrace: 0, log: collector(log) });
  after(async () => {
    await server.close();
    await worker.terminate();
  });
  const port = Number(new URL(server.url).port);
  return {
    port,
    log,
    same(name, questions, expectation) {
      test(name, { timeout: 30_000 }, async () => {
        const replies: Reply[] = [];
        for (const question of questions) {
          const reply = await ask(port, question);
          assert.deepEqual(
            essence(reply),
            essence(await ask(referencePort, question)),
            JSON.stringify(question),
          );
          replies.push(reply);
        }
        expectation(...replies);
      });
    },
  };
}

/** A log for a server whose errors a test looks into, or has no interest in. */
export function collector(lines: string[]): Logger {
  const record = (fields: object, message: string): void => {
    const { err } = fields as { err?: unknown };
    lines.push(err instanceof Error ? `${message}: ${err.stack}` : message);
  };
  return { debug: () => {}, info: () => {}, warn: record, error: record };
}
