// The app that the clients talk to: it says what it was asked, and sends bodies of every size both ways.

import { createHash } from 'node:crypto';
import type { RequestInfo } from '../../src/index.ts';

const TEXT = 'The quick brown siskin jumps over the lazy cat.';

export default async function fetch(request: Request, info: RequestInfo): Promise<Response> {
  const url = new URL(request.url);
  switch (url.pathname) {
    case '/':
      return new Response('hello');
    case '/request':
      return Response.json({
        method: request.method,
        url: request.url,
        address: info.remoteAddress,
        port: info.remotePort,
        headers: Object.fromEntries(request.headers),
      });
    case '/echo':
      return new Response(request.body, {
        headers: { 'x-length': `${request.headers.get('content-length')}` },
      });
    case '/hash': {
      const hash = createHash('sha256');
      let size = 0;
      for await (const piece of request.body ?? []) {
        hash.update(piece);
        size += piece.length;
      }
      return Response.json({ size, hash: hash.digest('hex') });
    }
    case '/refuse':
      return new Response('no, thank you', { status: 413 });
    case '/bytes':
      return bytes(Number(url.searchParams.get('count')));
    case '/range':
      return range(request.headers.get('range'));
    case '/form': {
      const form = await request.formData();
      const file = form.get('file') as File;
      return Response.json({ title: form.get('title'), name: file.name, type: file.type, size: file.size });
    }
    case '/login': {
      const headers = new Headers({ location: '/cookies' });
      headers.append('set-cookie', 'session=one; Path=/; HttpOnly');
      headers.append('set-cookie', 'theme=dark; Path=/');
      return new Response(null, { status: 303, headers });
    }
    case '/cookies':
      return new Response(`${request.method} ${request.headers.get('cookie')}`);
    case '/missing':
      return new Response(null, { status: 304, headers: { etag: '"one"' } });
    case '/none':
      return new Response(null, { status: 204 });
    default:
      return new Response(url.pathname, { status: 404 });
  }
}

/** So many bytes, in pieces, as fast as they are taken. */
function bytes(count: number): Response {
  let left = count;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const piece = new Uint8Array(Math.min(left, 65_536)).fill(97 + ((left >> 16) % 26));
        left -= piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body);
}

/** One range of the text (RFC 9110, section 14), or all of it. */
function range(wanted: string | null): Response {
  const match = /^bytes=(\d+)-(\d*)$/.exec(wanted ?? '');
  const headers = { 'accept-ranges': 'bytes', 'content-type': 'text/plain' };
  if (match === null) return new Response(TEXT, { headers });
  const first = Number(match[1]);
  const last = match[2] === '' ? TEXT.length - 1 : Math.min(Number(match[2]), TEXT.length - 1);
  if (first >= TEXT.length)
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${TEXT.length}` } });
  return new Response(TEXT.slice(first, last + 1), {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${TEXT.length}` },
  });
}
