// One question to an arbiter that runs, over its control socket, and the answer. Used by `ctl.ts` and `top.ts`.

import { connect, type Socket } from 'node:net';
import type { ControlAnswer, ControlRequest } from '../protocol/index.ts';

/** Milliseconds. */
const ANSWER_TIME = 5000;

/** No arbiter answers. */
export class Unreachable extends Error {
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** Asks, and waits for the answer however long that takes. Rejects with {@link Unreachable}. */
export async function askArbiter(request: ControlRequest, path: string): Promise<ControlAnswer> {
  const { answer, socket } = await converse(request, path);
  socket.destroy();
  return answer;
}

/** Tells it to end, and waits until it has: the connection lasts as long as its process. Rejects with {@link Unreachable}. */
export async function endArbiter(request: ControlRequest, path: string): Promise<ControlAnswer> {
  const { answer, socket } = await converse(request, path);
  const { endsWithin } = answer;
  const ended = endsWithin !== undefined && (await endOf(socket, endsWithin));
  socket.destroy();
  if (ended) return { ok: true, message: 'it has ended' };
  // An arbiter of another version, which says no more.
  if (endsWithin === undefined) return answer;
  const message = `it has not ended within ${endsWithin / 1000} s\n  It has been told to; siskin ctl status says what it still does.`;
  return { ok: false, message };
}

function converse(
  request: ControlRequest,
  path: string,
): Promise<{ readonly answer: ControlAnswer; readonly socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (!text.endsWith('\n')) return;
      socket.setTimeout(0);
      resolve({ answer: JSON.parse(text) as ControlAnswer, socket });
    });
    // What is only looked up is there at once; a reload takes as long as the app.
    if (request.command === 'status') {
      socket.setTimeout(ANSWER_TIME, () => socket.destroy(new Error('it takes too long')));
    }
    socket.once('connect', () => socket.end(`${JSON.stringify(request)}\n`));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EACCES' ? 'it belongs to another user' : error.message;
      reject(new Unreachable(`the arbiter at ${path} does not answer: ${why}`, error.code));
    });
    socket.once('end', () => reject(new Unreachable(`the arbiter at ${path} has ended before it answered`)));
  });
}

/** False where it takes longer than `within` milliseconds. */
function endOf(socket: Socket, within: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), within);
    socket.once('close', () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}
