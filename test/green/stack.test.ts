// Stacks of green code: the app's functions, as in plain code, before a wait and after.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Co, sleep } from '../../src/task/index.ts';
import { call, run, slow } from './simulate.ts';

/** f0 calls f1, that calls f2, … and the last one `thrower`, which throws after `milliseconds`. */
function chain(length: number, milliseconds: number): () => Co<unknown> {
  let next = function* thrower(): Co<unknown> {
    if (milliseconds > 0) yield* sleep(milliseconds);
    throw new RangeError('here');
  };
  for (let index = length - 1; index >= 0; index--) {
    const callee = next;
    next = {
      *[`f${index}`](): Co<unknown> {
        return yield* callee();
      },
    }[`f${index}`]!;
  }
  return next;
}

async function errorOf(body: () => Co<unknown>): Promise<Error> {
  try {
    await run(body);
  } catch (error) {
    return error as Error;
  }
  return assert.fail('it should throw');
}

function functionsOf({ stack = '' }: Error): string[] {
  return [...stack.matchAll(/^ {4}at (?:Object\.)?([\w.]+) \(/gm)].map(([, name]) => name!);
}

describe('the stack of an error in green code', () => {
  for (const [when, milliseconds] of [
    ['before it waits', 0],
    ['after it has waited', 5],
  ] as const) {
    it(`names as many of the app’s functions as a plain one does, ${when}`, async () => {
      const error = await errorOf(chain(14, milliseconds));
      assert.deepEqual(functionsOf(error), [
        'thrower',
        'f13',
        'f12',
        'f11',
        'f10',
        'f9',
        'f8',
        'f7',
        'f6',
        'f5',
      ]);
      assert.match(error.stack!, /^RangeError: here\n {4}at thrower \(.*stack\.test\.ts:\d+:\d+\)\n/);
    });
  }

  it('has no frames of the runtime, those of built-ins’ twins neither', async () => {
    const failing = slow(function visit() {
      throw new RangeError('here');
    });
    const error = await errorOf(function* handler() {
      return yield* call([1].map as never, [1], failing);
    });
    assert.deepEqual(functionsOf(error).slice(0, 1), ['visit']);
    assert.match(error.stack!, /at handler/);
    assert.doesNotMatch(error.stack!, /\.next|runInAsyncScope|src\/(green|task|loop)/);
  });

  it('has the same frames for an app that prepares it, and is Node’s again when the app has put that back', async () => {
    const error = await errorOf(chain(2, 5));
    const before = Error.prepareStackTrace;
    const names = (_: Error, frames: NodeJS.CallSite[]): unknown =>
      frames.map((frame) => frame.getFunctionName());
    for (const replace of [names, names]) {
      Error.prepareStackTrace = replace;
      const held = Error.prepareStackTrace;
      Error.prepareStackTrace = undefined as never;
      Error.prepareStackTrace = held;
    }
    const prepared = error.stack as unknown as string[];
    Error.prepareStackTrace = before;
    assert.deepEqual(prepared.slice(0, 3), ['thrower', 'f1', 'f0']);
    assert.equal(Error.prepareStackTrace, before);
    for (const nothing of [before, undefined as never]) {
      Error.prepareStackTrace = nothing;
      const again = await errorOf(chain(2, 5));
      assert.deepEqual(functionsOf(again).slice(0, 3), ['thrower', 'f1', 'f0']);
    }
  });

  it('has as many frames as an app asks for with a limit of its own', async () => {
    const limit = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = 60;
      assert.equal(functionsOf(await errorOf(chain(20, 5))).filter((name) => /^f\d+$/.test(name)).length, 20);
      Error.stackTraceLimit = 0;
      assert.equal((await errorOf(chain(2, 5))).stack, 'RangeError: here');
    } finally {
      Error.stackTraceLimit = limit;
    }
  });
});

describe('the stack of an error in plain code', () => {
  it('has ten frames, as ever', () => {
    const deep = (depth: number): Error => (depth === 0 ? new Error('deep') : deep(depth - 1));
    assert.equal(deep(30).stack!.split('\n').length, 11);
  });
});
