// A listening socket: the queue of connections that are established and wait for `accept`.

import { type Address, formatAddress } from '../address.ts';
import { READABLE } from '../kernel.ts';
import { type Pollable, type Watcher, wake } from './readiness.ts';
import type { StreamSocket } from './stream.ts';
import type { Actor } from './timeline.ts';
import type { World } from './world.ts';

export class ListenSocket implements Pollable, Actor {
  readonly kind = 'listener';
  readonly watchers: Watcher[] = [];
  readonly world: World;
  readonly local: Address;
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
  readonly queue: StreamSocket[] = [];
  /** Connections whose handshake is under way. */
  handshakes = 0;
  references = 0;
  /** SYNs go unanswered: those that come late try again, and meet whoever listens then. */
  deaf = false;
  closed = false;

  constructor(world: World, local: Address, backlog: number, reusePort: boolean, ipv6Only: boolean) {
    this.world = world;
    this.local = local;
    this.backlog = backlog;
    this.reusePort = reusePort;
    this.ipv6Only = ipv6Only;
  }

  /** Linux queues one more than it was asked to (sk_acceptq_is_full). */
  get full(): boolean {
    return this.queue.length + this.handshakes > this.backlog;
  }

  enqueue(connection: StreamSocket): void {
    this.queue.push(connection);
    wake(this, READABLE);
  }

  readiness(): number {
    return this.queue.length > 0 ? READABLE : 0;
  }

  reportAgain(): void {
    this.world.timeline.schedule(this.world.timeline.now + this.world.delay(), this, 0, 0);
  }

  happen(): void {
    wake(this, 0);
  }

  /** What was never accepted is reset. */
  close(): void {
    this.closed = true;
    this.watchers.length = 0;
    for (const connection of this.queue.splice(0)) connection.abandon();
  }

  describe(): string {
    return `listening on ${formatAddress(this.local)}, ${this.queue.length} queued`;
  }
}
