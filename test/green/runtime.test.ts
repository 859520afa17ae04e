// What transformed code finds in a process that is green, and how coroutines begin in it.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { enter, root } from '../../src/green/enter.ts';
import { emitted, installRuntime } from '../../src/green/runtime.ts';
import { TWIN } from '../../src/green/twin.ts';
import { type Co, sleep } from '../../src/task/index.ts';
import { atRoot } from './simulate.ts';
import { uncaught } from './uncaught.ts';

const RUNTIME = Symbol.for('siskin.green.runtime');
const shared = globalThis as unknown as Record<symbol, unknown>;

describe('the runtime', () => {
  it('is where transformed code looks for it, and nobody else sees it', () => {
    assert.equal(shared[RUNTIME], emitted);
    assert.equal(Object.getOwnPropertyDescriptor(globalThis, RUNTIME)!.enumerable, false);
    assert.equal(emitted.twin, TWIN);
    assert.deepEqual(
      emitted.call(
        function (this: unknown, ...args: unknown[]) {
          return [this, ...args];
        } as never,
        'this' as never,
        ...([1, 2] as never[]),
      ),
      ['this', 1, 2],
    );
  });

  it('is installed once', () => {
    const { emit } = EventEmitter.prototype;
    installRuntime();
    assert.equal(EventEmitter.prototype.emit, emit);
    assert.equal(shared[RUNTIME], emitted);
  });

  it('refuses a process in which another release has installed its own', () => {
    const script = `
      globalThis[Symbol.for('siskin.green.runtime')] = { version: 99 };
      const { installRuntime } = await import(${JSON.stringify(new URL('../../src/green/runtime.ts', import.meta.url).href)});
      try { installRuntime() } catch (error) { console.log(error.message) }`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.match(output, /in a release that does not go with this one \(99, this is 2\)/);
  });
});

describe('entering a coroutine', () => {
  it('returns what it returned, or nothing where it waits', async () => {
    const seen: unknown[] = [];
    const values = await atRoot(() => [
      enter(
        (function* () {
          return root();
        })(),
      ),
      enter(
        (function* () {
          yield* sleep(5);
          seen.push('done');
          return 'unheard';
        })(),
      ),
      root(),
    ]);
    assert.deepEqual(values, [false, undefined, true]);
    assert.deepEqual(seen, ['done']);
  });

  it('throws what it throws before a wait; later errors are uncaught exceptions with their own stack', async () => {
    function* thrower(milliseconds: number): Co<unknown> {
      if (milliseconds !== 0) yield* sleep(milliseconds);
      throw new RangeError('no');
    }
    await atRoot(() => assert.throws(() => enter(thrower(0)), RangeError));
    const [error, origin] = await uncaught(() => atRoot(() => enter(thrower(5))));
    assert.equal(origin, 'uncaughtException');
    assert.match((error as Error).stack!, /RangeError: no\n {4}at thrower/);
  });

  it('shows the line where an uncaught error was made', () => {
    const url = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
    const script = `
      import { enter } from ${url('green/enter.ts')};
      import { sleep } from ${url('task/index.ts')};
      enter(function* () { yield* sleep(1); throw new RangeError('the app’s own') }());`;
    assert.throws(
      () =>
        execFileSync(process.execPath, ['--input-type=module', '-e', script], {
          encoding: 'utf8',
          stdio: 'pipe',
        }),
      ({ stderr }: { stderr: string }) =>
        /enter\(function\* \(\) .*\n\s*\^\n\nRangeError: the app’s own/.test(stderr),
    );
  });
});
