// Files up and down, of any size, in constant memory: a body is written to disk as it arrives, no faster than the disk
// takes it.
//   npm run siskin -- serve examples/upload.ts --limit-request-body 2G
//   curl -T video.mp4 127.0.0.1:8000/
//   curl -O 127.0.0.1:8000/video.mp4
// UPLOADS says where to (default: a folder for temporary files), UPLOAD_LIMIT how many bytes a file may have. The
// server's own --limit-request-body (100M unless told) comes first.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const FOLDER = process.env['UPLOADS'] ?? join(tmpdir(), 'siskin-uploads');
const LIMIT = Number(process.env['UPLOAD_LIMIT'] ?? 1024 ** 3);

await mkdir(FOLDER, { recursive: true });

export default function fetch(request: Request): Response | Promise<Response> {
  const name = new URL(request.url).pathname.slice(1);
  // Plain names only: nothing that leads out of the folder, and no hidden files.
  if (!/^\w[\w.-]{0,100}$/.test(name)) return text(400, 'A file name has letters, digits, dots, - and _.');
  switch (request.method) {
    case 'PUT':
      return receive(request, name);
    case 'GET':
    case 'HEAD':
      return send(name);
    default:
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD, PUT' } });
  }
}

async function receive(request: Request, name: string): Promise<Response> {
  if (request.body === null) return text(411, 'Send the file as the body: curl -T FILE URL');
  // Where the client says how much it is, it need not send it: the answer comes before `100 Continue`.
  if (Number(request.headers.get('content-length')) > LIMIT) return tooLarge();

  // Under a name of its own until it is whole, so that nobody reads half a file.
  const unfinished = join(FOLDER, `.${randomUUID()}`);
  try {
    let size = 0;
    await pipeline(
      request.body,
      async function* (pieces: AsyncIterable<Uint8Array>) {
        for await (const piece of pieces) {
          size += piece.length;
          if (size > LIMIT) throw new TooLarge();
          yield piece;
        }
      },
      createWriteStream(unfinished),
    );
    await rename(unfinished, join(FOLDER, name));
    return text(201, `${name}: ${size} bytes`, { location: `/${name}` });
  } catch (error) {
    // The client may have gone in the middle, too: the server knows, and this answer goes nowhere.
    await rm(unfinished, { force: true });
    if (error instanceof TooLarge) return tooLarge();
    throw error;
  }
}

async function send(name: string): Promise<Response> {
  const file = await open(join(FOLDER, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (file === undefined) return text(404, `There is no ${name}.`);
  const { size } = await file.stat();
  // Closed when it was read, and when the client goes before.
  const body = file.readableWebStream({ autoClose: true }) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Response(body, {
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${size}` },
  });
}

class TooLarge extends Error {}

function tooLarge(): Response {
  return text(413, `At most ${LIMIT} bytes.`);
}

function text(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(`${message}\n`, { status, headers });
}
