// What a program can ask and demand of where it switches.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import {
  assertNeverSwitches,
  assertSwitches,
  atomic,
  canSwitch,
  isGreen,
  original,
} from '../../src/green/switches.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { atRoot, call, green, run, slow } from './simulate.ts';

const waits = slow(function waits(value: number) {
  return value + 1;
}, 5);
const staysPut = green(
  function staysPut() {
    return 7;
  },
  function* (): Co<number> {
    return 7;
  },
);

describe('canSwitch', () => {
  it('is true where green code calls it, and false in plain code, within a coroutine too', async () => {
    const seen = await run(function* () {
      const plain = (): boolean => canSwitch();
      return [yield* call(canSwitch, undefined), plain()];
    });
    assert.deepEqual(seen, [true, false]);
    assert.equal(canSwitch(), false);
  });
});

describe('isGreen', () => {
  it('tells functions that have a twin of their own', () => {
    assert.equal(isGreen(waits), true);
    assert.equal(isGreen(Array.prototype.map), true);
    assert.equal(isGreen(EventEmitter.prototype.emit), true);
    assert.equal(isGreen(parseInt), false);
    assert.equal(isGreen(Object.setPrototypeOf(() => {}, waits)), false);
    assert.equal(isGreen(undefined), false);
  });
});

describe('original', () => {
  it('does what the function does, and never switches', async () => {
    const plain = original(waits);
    assert.equal(await run(() => call(plain, undefined, 1)), 2);
    assert.equal(isGreen(plain), false);
    assert.deepEqual([plain.name, plain.length], ['waits', 1]);
    assert.equal(original(waits), plain);
    assert.equal(original(parseInt), parseInt);
  });

  it('is Node’s own function where that was replaced', () => {
    assert.notEqual(original(EventEmitter.prototype.emit), EventEmitter.prototype.emit);
    assert.match(String(original(setTimeout as never)), /validateFunction/);
  });
});

describe('atomic', () => {
  it('returns before anything else runs', async () => {
    const seen: string[] = [];
    const emitter = new EventEmitter();
    emitter.on('x', slow(() => seen.push('listener')) as never);
    const body = green(
      () => {
        emitter.emit('x');
        return seen.push('body');
      },
      () => assert.fail('it should run plain'),
    );
    await atRoot(() => {
      assert.equal(atomic(body), 2);
      seen.push('after');
    });
    assert.deepEqual(seen, ['listener', 'body', 'after']);
    await run(() => call(atomic, undefined, body));
    assert.equal(seen.length, 5);
  });

  it('refuses what would go on later', () => {
    assert.throws(
      () => atomic(async () => {}),
      /neither async nor a generator; got \[object AsyncFunction\]/,
    );
    assert.throws(() => atomic(5 as never), /got \[object Number\]/);
  });
});

describe('assertSwitches', () => {
  const check = (fn: unknown): Promise<unknown> => run(() => call(assertSwitches as never, undefined, fn));

  it('returns what a function returns that switched', async () => {
    assert.equal(await check(slow(() => 'value')), 'value');
  });

  it('throws where it did not, and says why', async () => {
    await assert.rejects(check(staysPut), {
      code: 'ERR_GREEN_SWITCH',
      message: /staysPut did not switch: nothing in it waited/,
    });
    await assert.rejects(
      check(() => 1),
      /the function ran plain, and did not switch: it has no twin/,
    );
    assert.throws(
      () => assertSwitches(waits as never),
      /waits ran plain, and did not switch: its caller runs plain/,
    );
  });
});

describe('assertNeverSwitches', () => {
  const check = (fn: unknown): Promise<unknown> =>
    run(() => call(assertNeverSwitches as never, undefined, fn));

  it('returns what a function returns that did not switch', async () => {
    assert.equal(await check(staysPut), 7);
    assert.equal(await check(() => 8), 8);
    assert.equal(
      assertNeverSwitches(() => 9),
      9,
    );
  });

  it('throws where it would switch, so that finally blocks run', async () => {
    const seen: string[] = [];
    const waiting = green(
      function waiting() {},
      function* (): Co<void> {
        try {
          yield* sleep(5);
          seen.push('waited');
        } finally {
          seen.push('finally');
        }
      },
    );
    await assert.rejects(check(waiting), /waiting must not switch, and was about to/);
    assert.deepEqual(seen, ['finally']);
  });
});
