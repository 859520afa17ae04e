// A worker's side of the channel to its arbiter. Asking for a listening socket waits for the answer: a program that listens
// may ask for its port in the next line.

import { Buffer } from 'node:buffer';
import { type BindAddress, formatBind } from '../config/index.ts';
import { EAGAIN, ECONNRESET, type ListenOptions, SystemError } from '../kernel/index.ts';
import { keepPrivate, MESSAGE_LIMIT, receiveMessage, sendMessage } from '../kernel/linux/index.ts';
import { sharedLoop } from '../node/index.ts';
import { type Boot, CHANNEL, type Order, type Report } from '../protocol/index.ts';
import type { Trace } from '../server/index.ts';

export class Parent {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
  /** Ports of the system's choice that were asked for. */
  #anyPorts = 0;

  constructor(fd: number = CHANNEL) {
    this.#fd = fd;
    keepPrivate(fd);
  }

  /** What is told where the main thread is: set before anything is served. */
  trace: Trace | undefined;

  /** The first order; waits for it. */
  boot(): Boot {
    const { order } = this.#receive();
    if (order.type !== 'boot') throw new Error(`the arbiter's first word is ${order.type}`);
    return order;
  }

  /** An arbiter that does not listen has other things to do: nothing is lost with a report but its news. */
  report(report: Report): void {
    sendMessage(this.#fd, Buffer.from(JSON.stringify(report)));
  }

  /** A listening socket at `target`, which the arbiter keeps open whatever becomes of this process. Throws `SystemError`. */
  readonly claim = (target: BindAddress, options: ListenOptions): BindAddress => {
    const ordinal = 'port' in target && target.port === 0 ? this.#anyPorts++ : 0;
    this.report({ type: 'listen', target, options, ordinal });
    const { order, descriptor } = this.#receive();
    if (order.type !== 'listening') throw new Error(`the arbiter answers ${order.type}`);
    if (order.errno < 0) throw new SystemError('listen', order.errno, formatBind(target));
    return { family: 'fd', fd: descriptor };
  };

  /** Calls `onGone` when the arbiter has ended. */
  watch(onGone: () => void): void {
    const watch = sharedLoop().watch(this.#fd, {
      onReady: () => {
        // ECONNRESET where it has left reports unread.
        const { size } = receiveMessage(this.#fd, this.#buffer);
        if (size > 0 || size === -EAGAIN) return;
        watch.close();
        onGone();
      },
    });
    watch.referenced = false;
  }

  #receive(): { order: Order; descriptor: number } {
    const { size, descriptor } = receiveMessage(this.#fd, this.#buffer, true);
    if (size <= 0) throw new SystemError('recvmsg', size === 0 ? -ECONNRESET : size, 'the arbiter has gone');
    return { order: JSON.parse(this.#buffer.toString('utf8', 0, size)) as Order, descriptor };
  }
}
