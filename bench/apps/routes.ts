// A fetch handler with a path for each measurement: what Siskin, Bun and Deno serve in every case but "hello".

import { HELLO, LARGE, type Order, PIECE, PIECES, receipt } from './bodies.ts';
import { compute, memory, toggleTimer } from './probe.ts';

const PIECE_64K = new Uint8Array(65_536).fill(115);
const PAGE_256K = LARGE.repeat(4);

const routes: Record<string, (request: Request) => Response | Promise<Response>> = {
  '/': () => new Response(HELLO),
  '/json': async (request) => Response.json(receipt((await request.json()) as Order)),
  '/large': () => new Response(LARGE),
  '/stream': () => new Response(pieces(PIECE, PIECES)),
  '/compute': () => {
    compute(200);
    return new Response(HELLO);
  },
  '/later': async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new Response(HELLO);
  },
  '/endless': () => {
    for (;;) compute(200);
  },
  '/page': () => new Response(PAGE_256K),
  '/pid': () => new Response(String(process.pid)),
  '/memory': () => Response.json(memory()),
  '/timer': () => Response.json(toggleTimer()),
  '/gigabyte': () => new Response(pieces(PIECE_64K, 16_384)),
  '/sink': async (request) => new Response(String(await countBytes(request.body))),
};

function pieces(piece: Uint8Array<ArrayBuffer>, count: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(piece);
      if (++sent === count) controller.close();
    },
  });
}

const PAUSE_AT = 100 * 1024 * 1024;

/** Counts a body's bytes, and pauses once for a second: what the client sends meanwhile must wait in its socket. */
async function countBytes(body: AsyncIterable<Uint8Array> | null): Promise<number> {
  let count = 0;
  if (body === null) return 0;
  for await (const piece of body) {
    const before = count;
    count += piece.byteLength;
    if (before < PAUSE_AT && count >= PAUSE_AT) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return count;
}

export default {
  fetch(request: Request): Response | Promise<Response> {
    const { url } = request;
    const route = routes[url.slice(url.indexOf('/', 8))];
    return route === undefined ? new Response('not found', { status: 404 }) : route(request);
  },
};
