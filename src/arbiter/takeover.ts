// One arbiter takes over from another, without a moment in which nobody listens: `launchSuccessor` on the old one's side,
// `Predecessor` on the new one's. Both hold all listening sockets for a while; the new one is the installed code, started as the
// old one was.
//
//   old ── starts ──► new        hello
//   old ── groups of sockets, descriptors, complete ──► new        boots its workers
//   old ◄── serving ── new
//   old ── resign ──► new        the old one's workers finish, and it ends

import { Buffer } from 'node:buffer';
import process from 'node:process';
import { EAGAIN, SystemError } from '../kernel/index.ts';
import {
  createChannel,
  keepPrivate,
  MESSAGE_LIMIT,
  receiveMessage,
  sendMessage,
} from '../kernel/linux/index.ts';
import type { Loop } from '../loop/index.ts';
import { spawnNode, TAKEOVER } from '../protocol/index.ts';
import type { LaunchSuccessor, Successor } from './launcher.ts';
import type { GroupText, ListeningSockets } from './sockets.ts';

const CHANNEL = 3;

type FromOld =
  | { readonly type: 'group'; readonly text: GroupText }
  | { readonly type: 'socket' }
  | { readonly type: 'complete'; readonly pid: number }
  | { readonly type: 'resign' };
type FromNew = { readonly type: 'hello' } | { readonly type: 'serving' };

function send(fd: number, message: FromOld | FromNew, descriptor = -1): void {
  sendMessage(fd, Buffer.from(JSON.stringify(message)), { descriptor, wait: true });
}

/** What starts a new arbiter in `cwd`, with the arguments that this one was started with. */
export function successorLauncher(loop: Loop, sockets: ListeningSockets, cwd: string): LaunchSuccessor {
  return (events): Successor => {
    const [ours, theirs] = createChannel();
    if (ours < 0) {
      const error = new SystemError('socketpair', ours, 'a channel to a new arbiter');
      loop.setTimer(0, () => events.onExit({ code: null, signal: null, error }));
      return { pid: 0, stop: () => {}, resign: () => {} };
    }
    const buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
    const child = spawnNode(process.argv.slice(1), {
      cwd,
      env: { ...process.env, [TAKEOVER]: String(CHANNEL) },
      stdio: ['inherit', 'inherit', 'inherit', theirs],
    });
    loop.kernel.close(theirs);
    const watch = loop.watch(ours, {
      onReady: () => {
        for (;;) {
          const { size } = receiveMessage(ours, buffer);
          if (size <= 0) {
            if (size !== -EAGAIN) watch.close();
            return;
          }
          const message = JSON.parse(buffer.toString('utf8', 0, size)) as FromNew;
          // It reads now, so that sending does not wait for long.
          if (message.type === 'hello') handOut(ours, sockets);
          else events.onServing();
        }
      },
    });
    const end = (): void => {
      watch.close();
      loop.kernel.close(ours);
    };
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      end();
      events.onExit({ code: null, signal: null, error });
    });
    child.once('exit', (code, signal) => {
      end();
      events.onExit({ code, signal });
    });
    return {
      pid: child.pid ?? 0,
      stop: () => child.kill('SIGTERM'),
      resign: () => {
        send(ours, { type: 'resign' });
        // It outlives this process.
        child.unref();
      },
    };
  };
}

function handOut(fd: number, sockets: ListeningSockets): void {
  for (const { text, descriptors } of sockets.handOut()) {
    send(fd, { type: 'group', text });
    for (const descriptor of descriptors) send(fd, { type: 'socket' }, descriptor);
  }
  send(fd, { type: 'complete', pid: process.pid });
}

/** The arbiter that this one takes over from. */
export class Predecessor {
  readonly pid: number;
  readonly #fd: number;

  private constructor(fd: number, pid: number) {
    this.#fd = fd;
    this.pid = pid;
  }

  /** Takes the sockets in; undefined where there is nobody to take them from. Waits for it. */
  static meet(sockets: ListeningSockets): Predecessor | undefined {
    const given = process.env[TAKEOVER];
    if (given === undefined) return undefined;
    delete process.env[TAKEOVER];
    const fd = Number(given);
    keepPrivate(fd);
    send(fd, { type: 'hello' });
    const buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
    let group: GroupText | undefined;
    let descriptors: number[] = [];
    const finish = (): void => {
      if (group !== undefined) sockets.takeIn(group, descriptors);
      descriptors = [];
    };
    for (;;) {
      const { size, descriptor } = receiveMessage(fd, buffer, true);
      if (size <= 0) throw new Error('the arbiter that was to hand over has gone');
      const message = JSON.parse(buffer.toString('utf8', 0, size)) as FromOld;
      if (message.type === 'socket') descriptors.push(descriptor);
      else {
        finish();
        group = message.type === 'group' ? message.text : undefined;
      }
      if (message.type === 'complete') return new Predecessor(fd, message.pid);
    }
  }

  /** Tells it that all workers serve; `onResigned`: it is on its way out, or has gone. */
  relieve(loop: Loop, onResigned: () => void): void {
    const buffer = Buffer.allocUnsafeSlow(1024);
    const watch = loop.watch(this.#fd, {
      onReady: () => {
        if (receiveMessage(this.#fd, buffer).size === -EAGAIN) return;
        watch.close();
        loop.kernel.close(this.#fd);
        onResigned();
      },
    });
    send(this.#fd, { type: 'serving' });
  }
}
