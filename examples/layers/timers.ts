// A timer wheel at work: a million timers set, most of them cancelled, the rest moving from slot to slot as
// their time comes nearer. A server sets several timers for each request and cancels nearly all: what counts
// is the cost of that.
//
//   node examples/layers/timers.ts

import { type Timer, TimerWheel } from '../../src/loop/index.ts';

const COUNT = 1_000_000;
const LONGEST = 10 * 60 * 1000;
const SLOTS_PER_LEVEL = 64;
const LEVELS = ['1 ms', '64 ms', '4 s', '4 min'];

let fired = 0;
let early = 0;
let now = 0;

/** The same numbers in every run, spread evenly from 1 to LONGEST. */
function delayOf(i: number): number {
  return 1 + ((i * 2_654_435_761) % LONGEST);
}

/** What `work` takes, by real time, divided among `count`. */
function cost(count: number, work: () => void): string {
  const start = performance.now();
  work();
  const nanoseconds = ((performance.now() - start) * 1e6) / count;
  return `${nanoseconds.toFixed(0)} ns each`;
}

/** How many timers hang on each level of the wheel: a timer's slot tells. */
function showLevels(timers: readonly Timer[]): void {
  const counts = LEVELS.map(() => 0);
  for (const { pending, slot } of timers) if (pending) counts[Math.floor(slot / SLOTS_PER_LEVEL)]!++;
  const columns = [`${now / 1000} s`, ...counts, fired].map((cell) => String(cell).padStart(9));
  console.log(columns.join(' '));
}

const wheel = new TimerWheel(now);
const timers: Timer[] = [];

// A wheel knows no clock: it is told the time. Here that is a variable.
const setting = cost(COUNT, () => {
  for (let i = 0; i < COUNT; i++) {
    const deadline = now + delayOf(i);
    timers.push(
      wheel.set(deadline, () => {
        fired++;
        if (now < deadline) early++;
      }),
    );
  }
});
console.log(`${wheel.size} timers set, from 1 ms to ${LONGEST / 60_000} min: ${setting}`);

const kept = timers.filter((_, i) => i % 20 === 0);
const cancelling = cost(COUNT - kept.length, () => {
  for (let i = 0; i < COUNT; i++) if (i % 20 !== 0) wheel.cancel(timers[i]!);
});
console.log(`${COUNT - kept.length} of them cancelled: ${cancelling}`);

console.log(
  '\nWhere the others hang, by the width of a slot. With time they move to finer slots, then fire.\n',
);
console.log(['time', ...LEVELS, 'fired'].map((cell) => cell.padStart(9)).join(' '));
showLevels(kept);
for (const moment of [10, 50, 100, 1000, 5000, 60_000, 300_000, 590_000, LONGEST]) {
  // In steps, as a loop would: it turns the wheel to the next moment at which there is something to do.
  while (now < moment) {
    now = Math.min(moment, wheel.next() ?? moment);
    wheel.advance(now);
  }
  showLevels(kept);
}
console.log(`\n${fired} fired, ${early} of them early; ${wheel.size} left`);
