// `read` and `write` on top of `tryRead` and `tryWrite`: the same for every kind of stream, which call these.

import { EAGAIN, SystemError } from '../kernel/index.ts';
import type { Co } from '../task/index.ts';
import type { Stream } from './stream.ts';

const encoder = new TextEncoder();

/** See {@link Stream.read}. */
export function* readSome(stream: Stream, into: Uint8Array): Co<number> {
  for (;;) {
    const count = stream.tryRead(into, 0, into.length);
    if (count >= 0) return count;
    if (count !== -EAGAIN) throw new SystemError('recv', count);
    yield stream.readable;
  }
}

/** See {@link Stream.write}. */
export function* writeAll(stream: Stream, data: Uint8Array | string): Co<void> {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  let sent = 0;
  while (sent < bytes.length) {
    const count = stream.tryWrite(bytes, sent, bytes.length - sent);
    if (count >= 0) sent += count;
    else if (count !== -EAGAIN) throw new SystemError('send', count);
    else yield stream.writable;
  }
}
