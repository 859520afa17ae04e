// One arbiter takes over from another, without a moment in which nobody listens: `launchSuccessor` on the old one's side,
// `Predecessor` on the new one's. Both hold all listening sockets for a while; the new one is the installed code, started as the
// old one was.
//
//   old ── starts, by a process in between ──► new
//   old ◄── hello ── new
//   old ── groups of sockets, descriptors, complete ──► new        boots its workers
//   old ◄── serving ── new
//   old ── resign ──► new        the old one's workers finish, and it ends

import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import process from 'node:process';
import { EAGAIN, SystemError } from '../kernel/index.ts';
import {
  createChannel,
  keepPrivate,
  MESSAGE_LIMIT,
  receiveAll,
  receiveMessage,
  sendMessage,
} from '../kernel/linux/index.ts';
import type { Loop, Watch } from '../loop/index.ts';
import { nodeFlags, TAKEOVER } from '../protocol/index.ts';
import type { LaunchSuccessor, Successor, SuccessorEvents } from './launcher.ts';
import type { GroupText, ListeningSockets } from './sockets.ts';

const CHANNEL = 3;

type FromOld =
  | { readonly type: 'group'; readonly text: GroupText }
  | { readonly type: 'socket' }
  | { readonly type: 'complete'; readonly pid: number }
  | { readonly type: 'resign' };
type FromNew = { readonly type: 'hello'; readonly pid: number } | { readonly type: 'serving' };

function send(fd: number, message: FromOld | FromNew, descriptor = -1): void {
  sendMessage(fd, Buffer.from(JSON.stringify(message)), { descriptor, wait: true });
}

/**
 * What the process in between does: it starts the new arbiter and ends, which makes that one a child of the service manager
 * (or of whoever takes in orphans). systemd does not wait for the end of a main process that is somebody else's child.
 */
const GO_BETWEEN = `
  const [command, ...args] = process.argv.slice(1);
  const stdio = ['inherit', 'inherit', 'inherit', ${CHANNEL}];
  require('node:child_process').spawn(command, args, { stdio }).unref();`;

/** What starts a new arbiter in `cwd`, with the arguments that this one was started with. */
export function successorLauncher(loop: Loop, sockets: ListeningSockets, cwd: string): LaunchSuccessor {
  return (events) => {
    const ends = createChannel();
    if (ends[0] >= 0) return new SuccessorProcess(loop, sockets, cwd, events, ends);
    const { message } = new SystemError('socketpair', ends[0], 'a channel to it');
    loop.setTimer(0, () => events.onEnd(`could not be started: ${message}`));
    return { stop: () => {}, resign: () => {} };
  };
}

class SuccessorProcess implements Successor {
  readonly #loop: Loop;
  readonly #sockets: ListeningSockets;
  readonly #events: SuccessorEvents;
  readonly #channel: number;
  readonly #watch: Watch;
  readonly #buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
  #pid = 0;
  #stopped = false;
  #ended = false;

  constructor(
    loop: Loop,
    sockets: ListeningSockets,
    cwd: string,
    events: SuccessorEvents,
    [ours, theirs]: readonly [number, number],
  ) {
    this.#loop = loop;
    this.#sockets = sockets;
    this.#events = events;
    this.#channel = ours;
    this.#watch = loop.watch(ours, { onReady: () => this.#receive() });
    const command = [process.execPath, ...nodeFlags(process.execArgv), ...process.argv.slice(1)];
    const between = spawn(process.execPath, ['-e', GO_BETWEEN, '--', ...command], {
      cwd,
      env: { ...process.env, [TAKEOVER]: String(CHANNEL) },
      stdio: ['inherit', 'inherit', 'inherit', theirs],
    });
    loop.kernel.close(theirs);
    between.once('error', (error) => this.#end(`could not be started: ${error.message}`));
  }

  #receive(): void {
    const open = receiveAll(this.#channel, this.#buffer, (text) => {
      const message = JSON.parse(text) as FromNew;
      if (message.type === 'hello') this.#meet(message.pid);
      else this.#events.onServing();
    });
    if (!open) this.#end('has ended; it has said why');
  }

  /** It reads now, so that sending does not wait for long. */
  #meet(pid: number): void {
    this.#pid = pid;
    if (this.#stopped) this.stop();
    else {
      this.#events.onStart(pid);
      handOut(this.#channel, this.#sockets);
    }
  }

  #end(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch.close();
    this.#loop.kernel.close(this.#channel);
    this.#events.onEnd(how);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#pid === 0 || this.#ended) return;
    try {
      process.kill(this.#pid, 'SIGTERM');
    } catch {
      // It has ended by itself, and the channel has yet to say so.
    }
  }

  resign(): void {
    send(this.#channel, { type: 'resign' });
  }
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
    send(fd, { type: 'hello', pid: process.pid });
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
