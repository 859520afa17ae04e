// Deadlines of thousands of connections for the price of one timer. All that wait for the same thing wait equally long,
// so they expire in the order in which they began: a list, its first entry on a timer, entering and leaving O(1).
//
//   keep-alive, 75 s    [c17]──[c4]──[c31]── …     c17 began first: the timer is set for it
//
// An idle connection therefore has no timer of its own. Made by `context.ts`, one for each named timeout.

import type { Loop, Timer } from '../loop/index.ts';

/** What waits in a queue: a connection. It is in at most one, and holds the links itself. */
export interface Deadlined {
  deadlineQueue: DeadlineQueue | undefined;
  deadlinePrevious: Deadlined | undefined;
  deadlineNext: Deadlined | undefined;
  deadline: number;
  /** Its time is up; it is in no queue any more. */
  onDeadline(queue: DeadlineQueue): void;
}

export class DeadlineQueue {
  readonly name: string;
  readonly #loop: Loop;
  #duration: number;
  #first: Deadlined | undefined;
  #last: Deadlined | undefined;
  #timer: Timer | undefined;
  #size = 0;

  /** `duration` in milliseconds. */
  constructor(loop: Loop, name: string, duration: number) {
    this.#loop = loop;
    this.name = name;
    this.#duration = duration;
  }

  get size(): number {
    return this.#size;
  }

  get duration(): number {
    return this.#duration;
  }

  /** Gives `item` the whole duration from now, whatever it waited for before. */
  enter(item: Deadlined): void {
    item.deadlineQueue?.leave(item);
    item.deadlineQueue = this;
    item.deadline = this.#loop.now() + this.#duration;
    item.deadlinePrevious = this.#last;
    item.deadlineNext = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.deadlineNext = item;
    this.#last = item;
    this.#size++;
    // A timer that is set already is for somebody earlier, or who has left: it looks again when it fires.
    if (this.#timer === undefined || !this.#timer.pending) this.#arm(this.#duration);
  }

  leave(item: Deadlined): void {
    const { deadlinePrevious: previous, deadlineNext: next } = item;
    if (previous === undefined) this.#first = next;
    else previous.deadlineNext = next;
    if (next === undefined) this.#last = previous;
    else next.deadlinePrevious = previous;
    item.deadlineQueue = undefined;
    item.deadlinePrevious = undefined;
    item.deadlineNext = undefined;
    this.#size--;
  }

  /** Lets go of whoever has waited longest, if for `waited` milliseconds or more. False where nobody has. */
  expireFirst(waited: number): boolean {
    const first = this.#first;
    if (first === undefined || first.deadline - this.#duration + waited > this.#loop.now()) return false;
    this.leave(first);
    first.onDeadline(this);
    return true;
  }

  /** From now on `duration` holds; who waits already waits no longer than that. */
  change(duration: number): void {
    if (duration < this.#duration) this.shorten(duration);
    else this.#duration = duration;
  }

  /** From now on everybody has `duration`, those that wait already too. */
  shorten(duration: number): void {
    this.#duration = duration;
    const end = this.#loop.now() + duration;
    for (let item = this.#first; item !== undefined; item = item.deadlineNext) {
      item.deadline = Math.min(item.deadline, end);
    }
    this.#arm(duration);
  }

  /** Lets go of the timer; nothing expires any more. */
  close(): void {
    if (this.#timer !== undefined) this.#loop.cancelTimer(this.#timer);
  }

  #arm(delay: number): void {
    if (this.#timer === undefined) this.#timer = this.#loop.setTimer(delay, this.#onTimer);
    else this.#loop.resetTimer(this.#timer, delay);
  }

  readonly #onTimer = (): void => {
    const now = this.#loop.now();
    let first = this.#first;
    while (first !== undefined && first.deadline <= now) {
      this.leave(first);
      first.onDeadline(this);
      first = this.#first;
    }
    if (first !== undefined) this.#arm(first.deadline - now);
  };
}
