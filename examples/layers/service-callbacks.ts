// The service, with callbacks on the event loop: what service-coroutines.ts does, without coroutines. What a
// coroutine keeps in its local variables and in the place where it waits is here a set of variables that
// every callback must leave consistent, whatever comes first: bytes, room, an end, a timeout.
//
//   node examples/layers/service-callbacks.ts 7000        (on Linux: it talks to the kernel itself)

import {
  type Address,
  EAGAIN,
  HANGUP,
  type Kernel,
  READABLE,
  SystemError,
  WRITABLE,
} from '../../src/kernel/index.ts';
import { createKernel, Loop, type Timer } from '../../src/loop/index.ts';
import { answer, IDLE_LIMIT, LONGEST_LINE } from './directory.ts';

const SHORTAGE_PAUSE = 100;

/** Listens at `address`; `onListening` is told where, and gets a function that ends it all. */
export function serve(
  loop: Loop,
  address: Address,
  onListening: (address: Address, close: () => void) => void,
): void {
  const { kernel } = loop;
  const listener = kernel.listen(address, { backlog: 128 });
  if (listener < 0) throw new SystemError('listen', listener);
  const connections = new Set<() => void>();
  let retry: Timer | undefined;

  // Readiness is reported once per change, so every callback goes on until the kernel says EAGAIN.
  function acceptAll(): void {
    for (;;) {
      const fd = kernel.accept(listener);
      if (fd === -EAGAIN) return;
      if (fd < 0) {
        // No descriptor is left for it, and no further news comes of what is queued: look again in a while.
        retry = loop.setTimer(SHORTAGE_PAUSE, acceptAll);
        return;
      }
      const close = converse(loop, kernel, fd, () => connections.delete(close));
      connections.add(close);
    }
  }

  const watch = loop.watch(listener, { onReady: acceptAll });
  onListening(kernel.localAddress(listener)!, () => {
    if (retry !== undefined) loop.cancelTimer(retry);
    watch.close();
    kernel.close(listener);
    for (const close of [...connections]) close();
  });
}

/** One connection. Returns a function that closes it; `onClose` is called whoever did. */
function converse(loop: Loop, kernel: Kernel, fd: number, onClose: () => void): () => void {
  const buffer = Buffer.alloc(LONGEST_LINE);
  let length = 0;
  let unsent = Buffer.alloc(0);
  let mayRead = true;
  let ended = false;
  let closed = false;
  const idle = loop.setTimer(IDLE_LIMIT, close);
  const watch = loop.watch(fd, { onReady });

  function onReady(flags: number): void {
    if ((flags & (READABLE | HANGUP)) !== 0) mayRead = true;
    if ((flags & WRITABLE) !== 0) sendMore();
    goOn();
  }

  /** Answers what can be answered. While an answer waits for room nothing is read, or they would pile up. */
  function goOn(): void {
    while (!closed && unsent.length === 0) {
      const end = buffer.subarray(0, length).indexOf('\n');
      if (end !== -1) {
        const question = buffer.toString('utf8', 0, end);
        buffer.copyWithin(0, end + 1, length);
        length -= end + 1;
        unsent = Buffer.from(`${answer(question)}\n`);
        sendMore();
      } else if (ended || length === LONGEST_LINE) close();
      else if (!mayRead) return;
      else receive();
    }
  }

  function receive(): void {
    const count = kernel.recv(fd, buffer, length, buffer.length - length);
    if (count === -EAGAIN) mayRead = false;
    else if (count < 0) close();
    else if (count === 0) ended = true;
    else {
      length += count;
      loop.resetTimer(idle, IDLE_LIMIT);
    }
  }

  function sendMore(): void {
    while (!closed && unsent.length > 0) {
      const count = kernel.send(fd, unsent, 0, unsent.length);
      if (count === -EAGAIN) {
        watch.wantWritable();
        return;
      }
      if (count < 0) close();
      else {
        unsent = unsent.subarray(count);
        loop.resetTimer(idle, IDLE_LIMIT);
      }
    }
  }

  function close(): void {
    if (closed) return;
    closed = true;
    loop.cancelTimer(idle);
    watch.close();
    kernel.close(fd);
    onClose();
  }

  return close;
}

if (import.meta.main) {
  const loop = new Loop(await createKernel('linux'));
  loop.attach();
  const port = Number(process.argv[2] ?? 7000);
  serve(loop, { family: 'inet', host: '127.0.0.1', port }, (address) => {
    console.log('listening on port', address.family === 'inet' && address.port);
  });
}
