// The reference: an app served with nothing but node:http and the platform's own Request and Response. A worker thread,
// since a thread has globals of its own: here nobody has replaced them. `compare.ts` starts it.

import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { parentPort, workerData } from 'node:worker_threads';
import type { Fetcher, FetchHandler } from '../../src/app/index.ts';
import { portOf } from './ask.ts';

const { default: app } = (await import(workerData.app)) as { default: Fetcher | FetchHandler };
const context = {
  remoteAddress: '127.0.0.1',
  waitUntil(promise: Promise<unknown>) {
    promise.catch(() => {});
  },
  passThroughOnException() {},
};

function requestOf(message: IncomingMessage): Request {
  const { method = '', url = '', rawHeaders } = message;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  const bodiless =
    method === 'GET' ||
    method === 'HEAD' ||
    !/^(?:content-length|transfer-encoding)$/im.test(rawHeaders.join('\n'));
  const body = bodiless ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Request(`http://${headers.get('host')}${url}`, { method, headers, body, duplex: 'half' });
}

async function call(request: Request): Promise<Response> {
  const fetch = (typeof app === 'function' ? app : app.fetch.bind(app)) as (
    ...args: unknown[]
  ) => Promise<Response>;
  const length = typeof app === 'function' ? app.length : app.fetch.length;
  return await (length >= 3 ? fetch(request, process.env, context) : fetch(request, context, context));
}

const server = createServer(async (message, answer) => {
  try {
    const response = await call(requestOf(message));
    // Before the headers: srvx's lazy Response gives its own only then their content-type.
    const { body } = response;
    answer.statusCode = response.status;
    if (response.statusText !== '') answer.statusMessage = response.statusText;
    for (const [name, value] of response.headers) answer.appendHeader(name, value);
    for await (const piece of body ?? []) answer.write(piece);
    answer.end();
  } catch {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(500).end();
  }
});

server.listen(0, '127.0.0.1', () => parentPort!.postMessage(portOf(server)));
