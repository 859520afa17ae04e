// Virtual time: a clock that stands still until someone waits, and a heap of what is on its way. Time jumps from
// event to event; events of the same instant happen in the order in which they were scheduled.

/** Something that events happen to. `what` and `value` mean what its own file says. */
export interface Actor {
  happen(what: number, value: number): void;
}

interface Event {
  readonly time: number;
  readonly order: number;
  readonly actor: Actor;
  readonly what: number;
  readonly value: number;
}

// Multiples of 2^-10 ms add up without rounding, so a wait until a moment ends exactly at that moment.
const TICKS_PER_MS = 1024;

/** `ms` rounded up to a whole number of the clock's ticks, and at least one. */
export function toTicks(ms: number): number {
  return Math.max(1, Math.ceil(ms * TICKS_PER_MS)) / TICKS_PER_MS;
}

export class Timeline {
  now: number;
  happened = 0;
  readonly #heap: Event[] = [];
  #scheduled = 0;

  constructor(start: number) {
    this.now = start;
  }

  schedule(time: number, actor: Actor, what: number, value: number): void {
    const event: Event = { time, order: this.#scheduled++, actor, what, value };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  /** When the next event is due; Infinity when nothing is on its way. */
  next(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0]!.time;
  }

  /** Lets everything happen that is due by `time`, and makes it the present. */
  advance(time: number): void {
    while (this.#heap.length > 0 && this.#heap[0]!.time <= time) {
      const event = this.#pop();
      if (event.time > this.now) this.now = event.time;
      this.happened++;
      event.actor.happen(event.what, event.value);
    }
    if (time > this.now) this.now = time;
  }

  #pop(): Event {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
