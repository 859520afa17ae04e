// The timer wheel against a list of deadlines: whatever is set, reset, cancelled and waited for, the wheel fires the
// same timers, at the same time, in the order of their deadlines.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Timer, TimerWheel } from '../../src/loop/index.ts';

const DAY = 24 * 60 * 60 * 1000;

type Step =
  | { readonly kind: 'set'; readonly delay: number }
  | { readonly kind: 'reset'; readonly which: number; readonly delay: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'advance'; readonly by: number }
  | { readonly kind: 'follow' };

/** Durations of every magnitude: each level of the wheel, its borders, and beyond its horizon. */
const duration = fc.oneof(
  fc.integer({ min: 0, max: 130 }),
  fc.integer({ min: 0, max: 9000 }),
  fc.integer({ min: 0, max: 600_000 }),
  fc.integer({ min: 0, max: DAY }),
  fc.integer({ min: 0, max: 40 * DAY }),
  fc.constantFrom(63, 64, 65, 4095, 4096, 4097, 262_143, 262_144, 16_777_216, 1_073_741_823, 1_073_741_824),
  fc.double({ min: 0, max: 300, noNaN: true }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), delay: duration }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('reset' as const), which: fc.nat(50), delay: duration }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: duration }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('follow' as const) }) },
);

describe('a timer wheel', () => {
  test('fires what a plain list of deadlines would, when it would', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 40, noNaN: true }), fc.array(step, { maxLength: 60 }), check),
      { numRuns: 1500, seed: 20 },
    );
  });

  test('fires timers of one millisecond, whichever level they came from', () => {
    const wheel = new TimerWheel(0);
    const fired: string[] = [];
    wheel.set(5000, () => fired.push('from far'));
    wheel.advance(4990);
    wheel.set(5000, () => fired.push('from near'));
    wheel.advance(4999);
    assert.deepEqual(fired, []);
    wheel.advance(5000);
    assert.deepEqual(fired.sort(), ['from far', 'from near']);
  });

  test('never rounds a fraction down', () => {
    const wheel = new TimerWheel(10.75);
    let fired = 0;
    wheel.set(12.25, () => fired++);
    wheel.advance(12.9);
    assert.equal(fired, 0);
    wheel.advance(13);
    assert.equal(fired, 1);
  });

  test('fires what is long past in the next millisecond', () => {
    const wheel = new TimerWheel(1000);
    let fired = 0;
    wheel.set(3, () => fired++);
    wheel.advance(1000.9);
    assert.equal(fired, 0);
    wheel.advance(1001);
    assert.equal(fired, 1);
  });

  test('keeps a timer of a year, and one that never comes', () => {
    const wheel = new TimerWheel(0);
    const fired: string[] = [];
    wheel.set(365 * DAY, () => fired.push('year'));
    const never = wheel.set(Number.POSITIVE_INFINITY, () => fired.push('never'));
    let visits = 0;
    for (let next = wheel.next()!; next < 366 * DAY; next = wheel.next()!) {
      assert.ok(visits++ < 200, 'a distant timer is looked at now and then, not all the time');
      wheel.advance(next);
    }
    assert.deepEqual(fired, ['year']);
    assert.ok(never.pending);
  });

  test('lets one sleep until the deadline of the only timers, and no longer', () => {
    const wheel = new TimerWheel(0);
    const sooner = wheel.set(250, () => {});
    wheel.set(251, () => {});
    wheel.set(5000, () => {});
    assert.equal(wheel.next(), 250);
    wheel.advance(200);
    assert.equal(wheel.next(), 250);
    wheel.cancel(sooner);
    assert.equal(wheel.next(), 251);
    wheel.advance(251);
    assert.equal(wheel.next(), 5000);
  });

  test('does not look through many timers for the first of them', () => {
    const wheel = new TimerWheel(0);
    for (let i = 0; i < 100; i++) wheel.set(250 - i / 10, () => {});
    assert.equal(wheel.next(), 192);
    wheel.advance(192);
    assert.equal(wheel.next(), 241);
  });

  test('a callback may set, reset and cancel timers, those of its own millisecond too', () => {
    const wheel = new TimerWheel(0);
    const fired: string[] = [];
    const first = wheel.set(10, () => {
      fired.push('first');
      wheel.cancel(second);
      wheel.reset(third, 12);
      wheel.set(10, () => fired.push('set at 10 for 10'));
      wheel.set(74, () => fired.push('a round later'));
    });
    const second = wheel.set(10, () => fired.push('second'));
    const third = wheel.set(10, () => fired.push('third'));
    assert.ok(first.pending);
    wheel.advance(10);
    assert.deepEqual(fired, ['first']);
    assert.ok(!first.pending);
    wheel.advance(11);
    assert.deepEqual(fired, ['first', 'set at 10 for 10']);
    wheel.advance(12);
    wheel.advance(73);
    assert.deepEqual(fired.slice(2), ['third']);
    wheel.advance(74);
    assert.deepEqual(fired.slice(3), ['a round later']);
    assert.equal(wheel.size, 0);
  });

  test('a timer that sets itself anew fires once a millisecond, not for ever', () => {
    const wheel = new TimerWheel(0);
    let fired = 0;
    const timer: Timer = wheel.set(1, () => {
      fired++;
      wheel.reset(timer, 0);
    });
    wheel.advance(50);
    assert.equal(fired, 50);
  });

  test('a callback that throws delays nobody else', () => {
    const wheel = new TimerWheel(0);
    const fired: string[] = [];
    wheel.set(10, () => {
      throw new Error('broken');
    });
    wheel.set(10, () => fired.push('same'));
    wheel.set(11, () => fired.push('later'));
    assert.throws(() => wheel.advance(10), /broken/);
    assert.deepEqual(fired, []);
    assert.equal(wheel.next(), 10);
    wheel.advance(10);
    assert.deepEqual(fired, ['same']);
    wheel.advance(11);
    assert.deepEqual(fired, ['same', 'later']);
  });

  test('cancelling twice, or after it fired, does nothing', () => {
    const wheel = new TimerWheel(0);
    const cancelled = wheel.set(5, () => assert.fail('it was cancelled'));
    const fired = wheel.set(5, () => {});
    wheel.cancel(cancelled);
    wheel.cancel(cancelled);
    wheel.advance(5);
    wheel.cancel(fired);
    assert.equal(wheel.size, 0);
    assert.equal(wheel.next(), undefined);
  });
});

/** Runs `steps` on a wheel and on a map from timers to deadlines, comparing the two throughout. */
function check(start: number, steps: readonly Step[]): void {
  const wheel = new TimerWheel(start);
  const timers: Timer[] = [];
  const expected = new Map<number, number>();
  const fired: number[] = [];
  let now = start;

  const dueAt = (delay: number): number => Math.max(Math.ceil(now + delay), Math.floor(now) + 1);
  const advance = (to: number): void => {
    now = Math.max(now, to);
    fired.length = 0;
    wheel.advance(now);
    const due = [...expected].filter(([, deadline]) => deadline <= now);
    assert.deepEqual([...fired].sort(numeric), due.map(([id]) => id).sort(numeric));
    for (let i = 1; i < fired.length; i++) {
      assert.ok(expected.get(fired[i - 1]!)! <= expected.get(fired[i]!)!, 'fired in the order of deadlines');
    }
    for (const id of fired) expected.delete(id);
  };

  for (const step of steps) {
    const which = timers.length === 0 ? -1 : 'which' in step ? step.which % timers.length : -1;
    if (step.kind === 'set') {
      const id = timers.length;
      expected.set(id, dueAt(step.delay));
      timers.push(wheel.set(now + step.delay, () => void fired.push(id)));
    } else if (step.kind === 'reset' && which !== -1) {
      expected.set(which, dueAt(step.delay));
      wheel.reset(timers[which]!, now + step.delay);
    } else if (step.kind === 'cancel' && which !== -1) {
      expected.delete(which);
      wheel.cancel(timers[which]!);
    } else if (step.kind === 'advance') {
      advance(now + step.by);
    } else if (step.kind === 'follow') {
      const next = wheel.next();
      if (next !== undefined) advance(next);
    }
    assert.equal(wheel.size, expected.size);
    const next = wheel.next();
    const earliest = Math.min(...expected.values());
    assert.equal(next === undefined, expected.size === 0);
    if (next !== undefined) {
      assert.ok(next <= earliest, `next() says ${next}, a timer is due at ${earliest}`);
      assert.ok(next > Math.floor(now), 'waiting until next() makes progress');
    }
    for (const [id, timer] of timers.entries()) assert.equal(timer.pending, expected.has(id));
  }
}

function numeric(a: number, b: number): number {
  return a - b;
}
