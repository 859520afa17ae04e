// The suite's apps are fetch handlers; here they are called through `node:http`'s interface, as a program would that has
// a fetch handler and nothing but `(req, res)` to serve it with.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { ReadableStream } from 'node:stream/web';
import { type Fetcher, type FetchHandler, failAnswer } from '../../../src/app/index.ts';

const { Request, Response } = globalThis;

/** A server of node:http whose listener asks `handler`. */
export function nodeServer(handler: FetchHandler | Fetcher): Server {
  const call = (typeof handler === 'function' ? handler : handler.fetch.bind(handler)) as (
    request: InstanceType<typeof Request>,
    info: object,
  ) => unknown;
  const listener: RequestListener = async (req, res) => {
    const request = requestOf(req);
    const { remoteAddress = '', remotePort = 0 } = req.socket;
    const waitUntil = (promise: Promise<unknown>) => void promise.catch(() => {});
    const response = await call(request, { remoteAddress, remotePort, waitUntil });
    if (!(response instanceof Response)) throw new TypeError('the handler returned no Response');
    await send(response, res);
  };
  return createServer((req, res) => {
    Promise.resolve(listener(req, res)).catch((error: unknown) => failAnswer(res, error));
  });
}

function requestOf(req: IncomingMessage): InstanceType<typeof Request> {
  const { method: sent = 'GET', url = '/' } = req;
  // The Fetch standard has no request with these.
  const method = /^(?:trace|track|connect)$/i.test(sent) ? 'GET' : sent;
  const asked = `http://${req.headers.host}${url}`;
  const target = url.startsWith('/') && URL.canParse(asked) ? asked : 'http://localhost/*';
  const abort = new AbortController();
  req.once('close', () => {
    if (req.aborted) abort.abort();
  });
  const bodiless = /^(?:get|head)$/i.test(method);
  return new Request(target, {
    method,
    headers: headersOf(req),
    signal: abort.signal,
    ...(!bodiless && { body: bodyOf(req), duplex: 'half' }),
  });
}

/** Read only as somebody reads it. */
function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  let pieces: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pieces ??= req[Symbol.asyncIterator]();
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, i) => [
    rawHeaders[2 * i]!,
    rawHeaders[2 * i + 1]!,
  ]);
}

async function send(response: InstanceType<typeof Response>, res: ServerResponse): Promise<void> {
  const { status, statusText, headers, body } = response;
  res.statusCode = status;
  if (statusText !== '') res.statusMessage = statusText;
  for (const [name, value] of headers) res.appendHeader(name, value);
  if (body === null || res.req.method === 'HEAD') {
    res.end();
    await body?.cancel();
    return;
  }
  if (res.destroyed) {
    await body.cancel(new Error('the client is gone'));
    return;
  }
  const reader = body.getReader();
  res.once('close', () => void reader.cancel(new Error('the client is gone')).catch(() => {}));
  const first = await reader.read().catch((error: unknown) => {
    // It is the answer that fails, as it would where the head goes first.
    res.flushHeaders();
    throw error;
  });
  if (first.done) {
    // Cancelled, its end is none.
    if (res.closed) res.destroy();
    else res.end();
    return;
  }
  const second = reader.read();
  const whole = await Promise.race([
    second.then(
      ({ done }) => done,
      () => false,
    ),
    oneTurn(),
  ]);
  if (whole) {
    res.end(first.value);
    return;
  }
  let piece: { done: boolean; value?: Uint8Array } = first;
  for (; !piece.done; piece = piece === first ? await second : await reader.read()) {
    if (!res.write(piece.value!)) await roomIn(res);
  }
  res.end();
}

/** A body that is there as a whole has ended by then. */
async function oneTurn(): Promise<false> {
  for (let i = 0; i < 10; i++) await null;
  return false;
}

function roomIn(res: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    const go = (): void => {
      res.off('drain', go).off('close', go);
      resolve(undefined);
    };
    res.on('drain', go).on('close', go);
  });
}
