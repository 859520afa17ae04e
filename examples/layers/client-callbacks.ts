// The client, with callbacks on the event loop: what client-coroutines.ts does, without coroutines. Every
// step names the one after it, errors are passed along by hand, and who starts something must remember to
// stop it.
//
//   node examples/layers/client-callbacks.ts 7000         (on Linux: it talks to the kernel itself)

import { type Address, EAGAIN, HANGUP, READABLE, SystemError, WRITABLE } from '../../src/kernel/index.ts';
import { createKernel, Loop } from '../../src/loop/index.ts';
import { type Account, describe, LONGEST_LINE, PATIENCE, USERS, type User } from './directory.ts';

type Callback<T> = (error: Error | undefined, result: T | undefined) => void;
type Cancel = () => void;

/** Calls back with a line about each user, or with the first error, and in any case once. */
export function report(loop: Loop, service: Address, callback: Callback<string[]>): void {
  const lines: string[] = [];
  const underWay = new Set<Cancel>();
  let missing = USERS.length;
  let over = false;

  function finish(error: Error | undefined): void {
    if (over) return;
    over = true;
    loop.cancelTimer(timer);
    for (const cancel of underWay) cancel();
    callback(error, error === undefined ? lines : undefined);
  }

  /** `ask`, remembered for as long as it is under way. */
  function askFor<T>(what: string, next: (result: T) => void): void {
    const cancel = ask<T>(loop, service, what, (error, result) => {
      underWay.delete(cancel);
      if (over) return;
      if (error !== undefined) finish(error);
      else next(result!);
    });
    underWay.add(cancel);
  }

  const timer = loop.setTimer(PATIENCE, () => finish(new Error(`not done within ${PATIENCE} ms`)));
  for (const [i, { id }] of USERS.entries()) {
    askFor<User>(`user ${id}`, (user) => {
      askFor<Account>(`account ${user.account}`, (account) => {
        lines[i] = describe(user, account);
        missing--;
        if (missing === 0) finish(undefined);
      });
    });
  }
}

/** Asks one question over a connection of its own. Calls back later, never at once; not if cancelled. */
function ask<T>(loop: Loop, service: Address, what: string, callback: Callback<T>): Cancel {
  const { kernel } = loop;
  const fd = kernel.connect(service);
  if (fd < 0) {
    const soon = loop.setTimer(0, () => callback(new SystemError('connect', fd), undefined));
    return () => loop.cancelTimer(soon);
  }
  let connected = false;
  let unsent = Buffer.from(`GET ${what}\n`);
  const buffer = Buffer.alloc(LONGEST_LINE);
  let length = 0;
  let closed = false;
  const watch = loop.watch(fd, { onReady });
  // A socket that is connecting becomes writable when it is connected, or when it can't be.
  watch.wantWritable();

  function onReady(flags: number): void {
    if (!connected && (flags & (WRITABLE | HANGUP)) !== 0) {
      const error = kernel.socketError(fd);
      if (error < 0) finish(new SystemError('connect', error), undefined);
      else connected = true;
    }
    if (connected && (flags & WRITABLE) !== 0) send();
    if (connected && (flags & (READABLE | HANGUP)) !== 0) receive();
  }

  function send(): void {
    while (!closed && unsent.length > 0) {
      const count = kernel.send(fd, unsent, 0, unsent.length);
      if (count === -EAGAIN) return;
      if (count < 0) finish(new SystemError('send', count), undefined);
      else unsent = unsent.subarray(count);
    }
  }

  function receive(): void {
    while (!closed) {
      const count = kernel.recv(fd, buffer, length, buffer.length - length);
      if (count === -EAGAIN) return;
      if (count < 0) finish(new SystemError('recv', count), undefined);
      else if (count === 0) finish(new Error(`no answer for '${what}'`), undefined);
      else {
        length += count;
        const end = buffer.subarray(0, length).indexOf('\n');
        if (end !== -1) finish(undefined, buffer.toString('utf8', 0, end));
      }
    }
  }

  function finish(error: Error | undefined, line: string | undefined): void {
    if (closed) return;
    cancel();
    let result: T | undefined;
    try {
      if (line !== undefined) result = JSON.parse(line);
    } catch (broken) {
      error = broken as Error;
    }
    callback(error, result);
  }

  function cancel(): void {
    if (closed) return;
    closed = true;
    watch.close();
    kernel.close(fd);
  }

  return cancel;
}

if (import.meta.main) {
  const loop = new Loop(await createKernel('linux'));
  loop.attach();
  const port = Number(process.argv[2] ?? 7000);
  report(loop, { family: 'inet', host: '127.0.0.1', port }, (error, lines) => {
    if (error !== undefined) throw error;
    for (const line of lines!) console.log(line);
  });
}
