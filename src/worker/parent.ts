// A worker's side of the channel to its arbiter. Asking for a listening socket waits for the answer: a program that listens
// may ask for its port in the next line. Other orders may come at any time.

import { Buffer } from 'node:buffer';
import { closeSync, readFileSync } from 'node:fs';
import { type BindAddress, formatBind } from '../config/index.ts';
import { ECONNRESET, type ListenOptions, SystemError } from '../kernel/index.ts';
import {
  keepPrivate,
  MESSAGE_LIMIT,
  receiveAll,
  receiveMessage,
  sendMessage,
} from '../kernel/linux/index.ts';
import { SocketListener } from '../net/index.ts';
import { sharedLoop } from '../node/index.ts';
import {
  type Boot,
  CHANNEL,
  type Lend,
  type Listening,
  type Order,
  type Report,
  SETTINGS,
} from '../protocol/index.ts';
import type { Trace } from '../server/index.ts';

interface Loan {
  /** The listener's own descriptor. */
  readonly own: number;
  readonly lent: number;
}

export class Parent {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(MESSAGE_LIMIT);
  /** Ports of the system's choice that were asked for. */
  #anyPorts = 0;
  /** Descriptors that were asked for, by group. */
  readonly #claimed = new Map<string, number>();
  /** By the slot whose queues are served here, too. */
  readonly #loans = new Map<number, Loan[]>();

  constructor(fd: number = CHANNEL) {
    this.#fd = fd;
    keepPrivate(fd);
  }

  /** What is told where the main thread is: set before anything is served. */
  trace: Trace | undefined;
  /** Opens log files anew. */
  onReopen: () => void = () => {};

  /** What the arbiter says first; waits for it. */
  boot(fd: number = SETTINGS): Boot {
    const text = readFileSync(fd, 'utf8');
    closeSync(fd);
    try {
      return JSON.parse(text) as Boot;
    } catch {
      throw new SystemError('read', -ECONNRESET, 'the arbiter has gone');
    }
  }

  /** An arbiter that does not listen has other things to do: nothing is lost with a report but its news. */
  report(report: Report): void {
    this.#report(report, false);
  }

  /** As `report`, and waits until the arbiter has room for it: nothing is lost. */
  insist(report: Report): void {
    this.#report(report, true);
  }

  #report(report: Report, wait: boolean): void {
    const message = Buffer.from(JSON.stringify(report));
    if (message.length <= MESSAGE_LIMIT) sendMessage(this.#fd, message, { wait });
    else if (report.type === 'failed')
      this.report({ ...report, message: `${report.message.slice(0, 8000)} ...` });
  }

  /** A listening socket at `target`, which the arbiter keeps open whatever becomes of this process. Throws `SystemError`. */
  readonly claim = (target: BindAddress, options: ListenOptions): BindAddress => {
    const ordinal = 'port' in target && target.port === 0 ? this.#anyPorts++ : 0;
    const request: Report = { type: 'listen', target, options, ordinal };
    // Without this message no answer would ever come: it waits until the arbiter has read what is before it.
    const sent = sendMessage(this.#fd, Buffer.from(JSON.stringify(request)), { wait: true });
    if (sent < 0) throw new SystemError('sendmsg', sent, 'the arbiter has gone');
    const { order, descriptor } = this.#answer();
    if (order.errno < 0) throw new SystemError('listen', order.errno, formatBind(target));
    this.#claimed.set(order.group, descriptor);
    return { family: 'fd', fd: descriptor };
  };

  /** Other orders that come before it are carried out. */
  #answer(): { order: Listening; descriptor: number } {
    for (;;) {
      const { order, descriptor } = this.#receive();
      if (order.type === 'listening') return { order, descriptor };
      this.#obey(order, descriptor);
    }
  }

  /** Carries out what is ordered, and calls `onGone` when the arbiter has ended. */
  watch(onGone: () => void): void {
    const watch = sharedLoop().watch(this.#fd, {
      onReady: () => {
        const open = receiveAll(this.#fd, this.#buffer, (text, descriptor) => {
          this.#obey(JSON.parse(text) as Order, descriptor);
        });
        if (open) return;
        watch.close();
        onGone();
      },
    });
    watch.referenced = false;
  }

  #obey(order: Order, descriptor: number): void {
    if (order.type === 'reopen') this.onReopen();
    else if (order.type === 'lend') this.#borrow(order, descriptor);
    else if (order.type === 'take back') this.#giveBack(order.slot);
  }

  #borrow({ group, slot }: Lend, lent: number): void {
    const own = this.#claimed.get(group);
    const listener = own === undefined ? undefined : SocketListener.on(own);
    if (listener === undefined) {
      sharedLoop().kernel.close(lent);
      return;
    }
    listener.lend(lent);
    const loans = this.#loans.get(slot) ?? [];
    loans.push({ own: own!, lent });
    this.#loans.set(slot, loans);
  }

  #giveBack(slot: number): void {
    for (const { own, lent } of this.#loans.get(slot) ?? []) SocketListener.on(own)?.takeBack(lent);
    this.#loans.delete(slot);
  }

  #receive(): { order: Order; descriptor: number } {
    const { size, descriptor } = receiveMessage(this.#fd, this.#buffer, true);
    if (size <= 0) throw new SystemError('recvmsg', size === 0 ? -ECONNRESET : size, 'the arbiter has gone');
    return { order: JSON.parse(this.#buffer.toString('utf8', 0, size)) as Order, descriptor };
  }
}
