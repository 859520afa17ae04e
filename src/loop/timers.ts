// Timers in O(1): a hierarchical wheel. `loop` turns it; every deadline in the server hangs on it.
//
//   level 0   64 slots of 1 ms      ┌─┬─┬─┬─┬─ … ─┐  a timer hangs in the slot of its deadline
//   level 1   64 slots of 64 ms     ├─┼─┼─┼─┼─ … ─┤  a slot's list moves down one level when its time begins
//   level 2   64 slots of 4.1 s     ├─┼─┼─┼─┼─ … ─┤  setting and cancelling link and unlink a list node
//   level 3   64 slots of 4.4 min   ├─┼─┼─┼─┼─ … ─┤
//   level 4   64 slots of 4.7 h     └─┴─┴─┴─┴─ … ─┘  12 days in all; what is later waits in the last slot and moves again
//
// Almost no timer of a server ever fires: they are set with each request and cancelled a moment later. A heap pays
// log(n) for both; here both are a few assignments.

const BITS = 6;
const SLOTS = 1 << BITS;
const LEVELS = 5;
/** Timers of a coarse slot that are looked through for the first of them. */
const FEW = 8;
/** The first slot of the top level. */
const TOP = SLOTS * (LEVELS - 1);
/** The farthest a timer is linked ahead, so that it never meets the top level's current slot from behind. */
const HORIZON = SLOTS ** LEVELS - SLOTS ** (LEVELS - 1);

/** One callback at one time. Made by {@link TimerWheel.set}; `cancel` it through the wheel. */
export class Timer {
  /** Milliseconds on the wheel's clock, whole. */
  deadline = 0;
  callback: () => void;
  previous: Timer;
  next: Timer;
  slot = -1;
  /** Nothing is kept alive for it. */
  readonly background: boolean;

  constructor(callback: () => void, background = false) {
    this.callback = callback;
    this.background = background;
    this.previous = this;
    this.next = this;
  }

  /** Whether it still hangs on a wheel. */
  get pending(): boolean {
    return this.slot !== -1;
  }
}

const nothing = (): void => {};

export class TimerWheel {
  /** The time up to which timers have fired, in whole milliseconds. */
  #time: number;
  #count = 0;
  /** Those of them that something is kept alive for. */
  #referenced = 0;
  // A list head per slot: a Timer whose neighbours are the list's ends.
  readonly #slots: Timer[] = Array.from({ length: LEVELS * SLOTS }, () => new Timer(nothing));
  /** Which slots of a level hold something, 32 to a word: finds the next without looking at empty ones. */
  readonly #occupied = new Int32Array(LEVELS * 2);

  constructor(now: number) {
    this.#time = Math.floor(now);
  }

  /** How many timers are set. */
  get size(): number {
    return this.#count;
  }

  /** How many of them are no background timers. */
  get referenced(): number {
    return this.#referenced;
  }

  /** Sets a timer that fires at `deadline` (milliseconds on the wheel's clock), rounded up to a millisecond. */
  set(deadline: number, callback: () => void, background = false): Timer {
    const timer = new Timer(callback, background);
    this.reset(timer, deadline);
    return timer;
  }

  /** Sets `timer` anew, whether it is pending, fired or cancelled. */
  reset(timer: Timer, deadline: number): void {
    if (timer.slot === -1) this.#tally(timer, 1);
    else this.#unlink(timer);
    timer.deadline = Math.max(Math.ceil(deadline), this.#time + 1);
    this.#link(timer);
  }

  /** Takes `timer` off the wheel. Does nothing where it has fired. */
  cancel(timer: Timer): void {
    if (timer.slot === -1) return;
    this.#unlink(timer);
    timer.slot = -1;
    this.#tally(timer, -1);
  }

  #tally(timer: Timer, change: 1 | -1): void {
    this.#count += change;
    if (!timer.background) this.#referenced += change;
  }

  /**
   * How long one may sleep: until the earliest deadline, or where that is one of many in a coarse slot, until that slot's
   * time begins. `undefined` while no timer is set.
   */
  next(): number | undefined {
    return this.#earliest(true);
  }

  /** When something is next to do for the wheel: a slot's time begins, and its timers fire or move down. */
  #nextSlot(): number | undefined {
    return this.#earliest(false);
  }

  /** When the first occupied slot begins, or with `exact`, when the first timer in one is due. */
  #earliest(exact: boolean): number | undefined {
    if (this.#count === 0) return undefined;
    if (!this.#isEmpty(this.#time % SLOTS)) return this.#time;
    let earliest = Number.POSITIVE_INFINITY;
    let width = 1;
    for (let level = 0; level < LEVELS; level++) {
      const here = Math.floor(this.#time / width);
      const distance = this.#distance(level, here % SLOTS);
      const place = here + distance;
      if (distance > 0) {
        const begin = place * width;
        const time = exact ? this.#firstOf(level * SLOTS + (place % SLOTS), begin) : begin;
        earliest = Math.min(earliest, time);
      }
      width *= SLOTS;
    }
    return earliest;
  }

  /**
   * The earliest deadline in a slot, or `begin`, the slot's own time: where finding it would take long, and on the top level,
   * where timers from beyond the horizon hang in slots before their own.
   */
  #firstOf(slot: number, begin: number): number {
    if (slot >= TOP) return begin;
    const head = this.#slots[slot]!;
    let earliest = Number.POSITIVE_INFINITY;
    let left = FEW;
    for (let timer = head.next; timer !== head; timer = timer.next) {
      if (left-- === 0) return begin;
      earliest = Math.min(earliest, timer.deadline);
    }
    return earliest;
  }

  /** Fires what is due at `now`, in order of time. A callback that throws leaves the later ones to the next call. */
  advance(now: number): void {
    const target = Math.floor(now);
    // Empty, but for what a callback that threw has left behind.
    this.#fire(this.#time % SLOTS);
    while (this.#time < target) {
      const next = this.#nextSlot();
      if (next === undefined || next > target) {
        this.#time = target;
        return;
      }
      this.#time = next;
      for (let level = LEVELS - 1; level > 0; level--) {
        if (next % SLOTS ** level === 0) this.#cascade(level, Math.floor(next / SLOTS ** level) % SLOTS);
      }
      this.#fire(next % SLOTS);
    }
  }

  #isEmpty(slot: number): boolean {
    return this.#slots[slot]!.next === this.#slots[slot];
  }

  /** Slots from `position` (excluded) to the next occupied one of `level`, round the wheel; 0 for none. */
  #distance(level: number, position: number): number {
    const low = this.#occupied[level * 2]!;
    const high = this.#occupied[level * 2 + 1]!;
    if ((low | high) === 0) return 0;
    const start = (position + 1) % SLOTS;
    let slot = firstBit(low, high, start);
    if (slot === SLOTS) slot = firstBit(low, high, 0);
    return ((slot - position + SLOTS - 1) % SLOTS) + 1;
  }

  /** The time of a slot has begun: its timers belong on finer levels. */
  #cascade(level: number, position: number): void {
    const head = this.#slots[level * SLOTS + position]!;
    for (let timer = head.next; timer !== head; timer = head.next) {
      this.#unlink(timer);
      this.#link(timer);
    }
  }

  #fire(position: number): void {
    const head = this.#slots[position]!;
    for (let timer = head.next; timer !== head; timer = head.next) {
      this.cancel(timer);
      timer.callback();
    }
  }

  #link(timer: Timer): void {
    // Nothing is due in the current millisecond: that slot is being fired, and what cascades into it fires with it.
    const distance = Math.min(timer.deadline - this.#time, HORIZON);
    const place = this.#time + distance;
    let level = 0;
    let width = 1;
    while (Math.floor(place / width) - Math.floor(this.#time / width) >= SLOTS) {
      level++;
      width *= SLOTS;
    }
    const position = Math.floor(place / width) % SLOTS;
    const slot = level * SLOTS + position;
    const head = this.#slots[slot]!;
    timer.slot = slot;
    timer.previous = head.previous;
    timer.next = head;
    head.previous.next = timer;
    head.previous = timer;
    this.#occupied[slot >> 5]! |= 1 << (slot & 31);
  }

  #unlink(timer: Timer): void {
    timer.previous.next = timer.next;
    timer.next.previous = timer.previous;
    const slot = timer.slot;
    const head = this.#slots[slot]!;
    if (head.next === head) this.#occupied[slot >> 5]! &= ~(1 << (slot & 31));
    timer.previous = timer;
    timer.next = timer;
  }
}

/** The first set bit at or after `start` in two 32-bit words, or 64. */
function firstBit(low: number, high: number, start: number): number {
  if (start < 32) {
    const bits = low & (-1 << start);
    if (bits !== 0) return 31 - Math.clz32(bits & -bits);
    start = 32;
  }
  const bits = high & (-1 << (start - 32));
  return bits === 0 ? SLOTS : 63 - Math.clz32(bits & -bits);
}
