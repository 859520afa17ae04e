// epoll's observable behaviour on the virtual clock. A watched socket joins the ready list when something happens to
// it; `wait` then asks for its state and reports that, all of it. While nothing is ready, waiting moves the clock.

import { ENOENT } from '../errors.ts';
import { HANGUP, type Poller, READABLE, WRITABLE } from '../kernel.ts';
import { DeadlockError } from './deadlock.ts';
import type { Pollable, Watcher } from './readiness.ts';
import { unwatch } from './readiness.ts';
import type { World } from './world.ts';

const EEXIST = 17;
/** As many reports per `wait` as the Linux backend collects. */
const BATCH = 256;

/** What a poller needs of the kernel it belongs to. */
export interface PollerHost {
  readonly world: World;
  readonly pollers: SimPoller[];
  pollable(fd: number): Pollable | number;
  closePoller(poller: SimPoller): void;
}

class Watch implements Watcher {
  readonly poller: SimPoller;
  readonly fd: number;
  readonly socket: Pollable;
  token: number;
  interest: number;
  queued = false;
  removed = false;
  spurious = false;

  constructor(poller: SimPoller, fd: number, socket: Pollable, token: number, interest: number) {
    this.poller = poller;
    this.fd = fd;
    this.socket = socket;
    this.token = token;
    this.interest = interest;
  }

  /** Errors and state changes always count; room only for those who asked (ep_poll_callback). */
  notify(edge: number): void {
    if (edge === WRITABLE && (this.interest & WRITABLE) === 0) return;
    this.enqueue();
  }

  enqueue(): void {
    if (this.queued) return;
    this.queued = true;
    this.poller.ready.push(this);
  }
}

export class SimPoller implements Poller {
  readonly host: PollerHost;
  readonly fd: number;
  readonly watches: (Watch | undefined)[] = [];
  readonly ready: Watch[] = [];
  /** Another poller's wait has stopped for our sake. */
  announced = false;
  closed = false;
  #count = 0;
  readonly #tokens = new Int32Array(BATCH);
  readonly #flags = new Uint8Array(BATCH);

  constructor(host: PollerHost, fd: number) {
    this.host = host;
    this.fd = fd;
  }

  add(fd: number, token: number, interest: number): number {
    const socket = this.host.pollable(fd);
    if (typeof socket === 'number') return socket;
    if (this.watches[fd] !== undefined) return -EEXIST;
    const watch = new Watch(this, fd, socket, token, interest);
    this.watches[fd] = watch;
    socket.watchers.push(watch);
    this.#arm(watch);
    return 0;
  }

  modify(fd: number, token: number, interest: number): number {
    const socket = this.host.pollable(fd);
    if (typeof socket === 'number') return socket;
    const watch = this.watches[fd];
    if (watch === undefined) return -ENOENT;
    watch.token = token;
    watch.interest = interest;
    this.#arm(watch);
    return 0;
  }

  remove(fd: number): number {
    const socket = this.host.pollable(fd);
    if (typeof socket === 'number') return socket;
    const watch = this.watches[fd];
    if (watch === undefined) return -ENOENT;
    watch.removed = true;
    this.watches[fd] = undefined;
    unwatch(socket, watch);
    return 0;
  }

  wait(timeout: number): number {
    if (this.closed) throw new Error('wait on a closed poller');
    const { world } = this.host;
    const { timeline } = world;
    this.announced = false;
    world.testRan = false;
    timeline.advance(timeline.now);
    this.#wakeSpuriously();
    if (this.#collect() > 0 || timeout === 0 || world.testRan) return this.#report(timeout);
    // epoll_wait counts whole milliseconds; a wait that ends early would make the caller spin.
    const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : timeline.now + Math.ceil(timeout);
    const interrupted = world.strikes(world.faults.interrupt);
    for (;;) {
      const next = timeline.next();
      if (next > deadline) {
        timeline.advance(deadline);
        return this.#report(timeout);
      }
      if (next === Number.POSITIVE_INFINITY) {
        if (this.#othersReady()) return this.#report(timeout);
        throw new DeadlockError(this, timeline.now);
      }
      timeline.advance(next);
      if (this.closed || this.#collect() > 0 || interrupted || world.testRan || this.#othersReady()) {
        return this.#report(timeout);
      }
    }
  }

  token(index: number): number {
    return this.#tokens[index]!;
  }

  flags(index: number): number {
    return this.#flags[index]!;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const watch of this.watches) if (watch !== undefined) unwatch(watch.socket, watch);
    this.watches.length = 0;
    this.ready.length = 0;
    this.host.closePoller(this);
  }

  #arm(watch: Watch): void {
    if (stateOf(watch) !== 0) watch.enqueue();
  }

  /** Moves reports from the ready list into the arrays that `token` and `flags` read. */
  #collect(): number {
    const { ready } = this;
    this.#count = 0;
    if (ready.length === 0) return 0;
    const { world } = this.host;
    if (ready.length > 1 && world.strikes(world.faults.reorder)) world.random.shuffle(ready);
    const most =
      ready.length > 1 && world.strikes(world.faults.smallBatch) ? 1 + world.random.below(3) : BATCH;
    let taken = 0;
    while (taken < ready.length && this.#count < most) {
      const watch = ready[taken++]!;
      watch.queued = false;
      if (watch.removed) continue;
      const flags = stateOf(watch) | (watch.spurious ? READABLE : 0);
      watch.spurious = false;
      if (flags === 0) continue;
      this.#tokens[this.#count] = watch.token;
      this.#flags[this.#count++] = flags;
    }
    if (taken === ready.length) ready.length = 0;
    else ready.splice(0, taken);
    return this.#count;
  }

  #report(timeout: number): number {
    const { world } = this.host;
    for (let i = 0; i < this.#count; i++) world.note('report', this.#tokens[i]!, this.#flags[i]!);
    return world.note('wait', timeout, this.#count);
  }

  #wakeSpuriously(): void {
    const { world } = this.host;
    if (this.watches.length === 0 || !world.strikes(world.faults.spuriousWake)) return;
    const watch = this.watches[world.random.below(this.watches.length)];
    // Only READABLE is ever wrong: a connecting socket that claims to be WRITABLE would claim to be connected.
    if (watch === undefined) return;
    watch.spurious = true;
    watch.enqueue();
  }

  /** Time does not pass over another loop of the same simulation; it is told once, so that two cannot starve each other. */
  #othersReady(): boolean {
    const { pollers } = this.host;
    if (pollers.length === 1) return false;
    for (const other of pollers) {
      if (other === this || other.announced || !other.ready.some(isTrue)) continue;
      other.announced = true;
      return true;
    }
    return false;
  }
}

function isTrue(watch: Watch): boolean {
  return !watch.removed && (watch.spurious || stateOf(watch) !== 0);
}

function stateOf(watch: Watch): number {
  const flags = watch.socket.readiness();
  // EPOLLHUP and EPOLLERR are reported as both directions ready; else WRITABLE is for those who asked.
  return (watch.interest & WRITABLE) !== 0 || (flags & HANGUP) !== 0 ? flags : flags & ~WRITABLE;
}
