// Cancelling a scope, or whoever waits for it: all of its tasks end before that one has.

// biome-ignore-all lint/correctness/useYield: a coroutine need not wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Cancelled, CLEANUP_DEADLINE, type Co, scope, sleep, spawn } from '../../src/task/index.ts';
import { failAfter, noting, simulate, throws } from './simulate.ts';

describe('cancelling a scope', () => {
  test('by its own hand cancels all tasks, and the scope ends as cancelled', () =>
    simulate(function* ({ elapsed }) {
      const order: string[] = [];
      yield* throws(
        scope(function* (tasks) {
          tasks.spawn(noting(order, 'a', 1000));
          tasks.spawn(noting(order, 'b', 1000));
          yield* sleep(10);
          tasks.cancel('enough');
          yield* noting(order, 'body', 1000);
        }),
        (error) => error instanceof Cancelled && error.reason === 'enough',
      );
      assert.deepEqual(order.sort(), ['a!', 'b!', 'body!']);
      assert.equal(elapsed(), 10);
    }));

  test('cancels what is spawned afterwards, too', () =>
    simulate(function* () {
      const order: string[] = [];
      const result = yield* scope(function* (tasks) {
        tasks.cancel();
        tasks.spawn(noting(order, 'late', 1000));
        return 'the body did not wait';
      });
      assert.deepEqual(order, ['late!']);
      assert.equal(result, 'the body did not wait');
    }));

  test('by cancelling who waits for it reaches every depth, and all have ended before that one has', () =>
    simulate(function* ({ loop, elapsed }) {
      const order: string[] = [];
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            yield* scope(function* (outer) {
              outer.spawn(noting(order, 'outer', 1000));
              yield* scope(function* (inner) {
                inner.spawn(
                  (function* (): Co<void> {
                    try {
                      yield* sleep(1000);
                    } finally {
                      yield* sleep(50);
                      order.push('innermost cleaned up');
                    }
                  })(),
                );
              });
            });
          } finally {
            order.push('all ended');
          }
        })(),
      );
      yield* sleep(10);
      task.cancel('stop');
      yield* throws(task.join(), (error) => error instanceof Cancelled && error.reason === 'stop');
      assert.deepEqual(order, ['outer!', 'innermost cleaned up', 'all ended']);
      assert.equal(elapsed(), 60);
    }));

  test('with an error in a cleanup throws that error: it is news', () =>
    simulate(function* ({ loop }) {
      const task = spawn(
        loop,
        scope(function* (tasks) {
          tasks.spawn(
            (function* (): Co<void> {
              try {
                yield* sleep(1000);
              } finally {
                yield* failAfter(1, new Error('could not roll back'));
              }
            })(),
          );
        }),
      );
      yield* sleep(10);
      task.cancel();
      yield* throws(task.join(), /could not roll back/);
    }));

  test('in the turn in which its last task ends resumes whoever waits for it once', () =>
    simulate(function* ({ loop }) {
      const task = spawn(
        loop,
        scope(function* (tasks) {
          tasks.spawn(sleep(10)).onDone(() => task.cancel());
        }),
      );
      yield* sleep(20);
      assert.ok(task.done);
    }));

  test('whose tasks take all of the time for their cleanups does not let one outlive it', () =>
    simulate(function* ({ loop }) {
      let running = 0;
      function* stubborn(depth: number): Co<void> {
        running++;
        try {
          if (depth > 0) {
            yield* scope(function* (tasks) {
              for (let i = 0; i < 3; i++) tasks.spawn(stubborn(depth - 1));
            });
          } else {
            yield* sleep(60_000);
          }
        } finally {
          try {
            yield* sleep(60_000);
          } finally {
            running--;
          }
        }
      }
      const task = spawn(loop, stubborn(3));
      yield* sleep(10);
      assert.equal(running, 40);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.equal(running, 0);
    }));

  test('does not give up a parent before its children: they are given up first', () =>
    simulate(function* ({ loop, elapsed }) {
      const order: string[] = [];
      function* deaf(): Co<void> {
        try {
          for (let naps = 0; naps < 100; naps++) {
            try {
              yield* sleep(60_000);
            } catch {
              // Goes on.
            }
          }
        } finally {
          order.push('child');
        }
      }
      const task = spawn(
        loop,
        (function* (): Co<void> {
          try {
            // Its tasks begin to be cancelled a moment after their parent, and so are given up a moment after.
            yield* scope(function* (tasks) {
              tasks.spawn(deaf());
              yield* sleep(60_000);
            });
          } finally {
            order.push('parent');
          }
        })(),
      );
      yield* sleep(10);
      task.cancel();
      yield* throws(task.join(), Cancelled);
      assert.deepEqual(order, ['child', 'parent']);
      assert.ok(elapsed() <= 10 + CLEANUP_DEADLINE + 2);
    }));
});

describe('a tree of tasks', () => {
  interface Node {
    readonly sleep: number;
    readonly cleanup: number;
    readonly fails: boolean;
    readonly children: readonly Node[];
  }
  const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      sleep: fc.nat(20),
      cleanup: fc.oneof(fc.constant(0), fc.nat(10), fc.constant(8000)),
      fails: fc.boolean(),
      children: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant([]),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }),
  }));

  test('never leaves one running behind the scope that owns it, whoever fails or is cancelled when', () =>
    fc.assert(
      fc.asyncProperty(tree, fc.nat(40), (root, cancelAt) =>
        simulate(function* ({ loop }) {
          function* run(node: Node): Co<number> {
            let below = 0;
            try {
              yield* scope(function* (tasks) {
                for (const child of node.children) {
                  below++;
                  tasks.spawn(run(child)).onDone(() => below--);
                }
                yield* sleep(node.sleep);
                if (node.fails) throw new Error('it fails');
              });
            } finally {
              assert.equal(below, 0, 'a child is still running');
              yield* sleep(node.cleanup);
            }
            return below;
          }
          const task = spawn(loop, run(root));
          task.onDone(() => {});
          yield* sleep(cancelAt);
          task.cancel();
          for (let waited = 0; !task.done && waited < 100; waited++) yield* sleep(1000);
          assert.ok(task.done);
          const errors = task.error instanceof AggregateError ? task.error.errors.flat() : [task.error];
          for (const error of errors) assert.ok(!(error instanceof assert.AssertionError), String(error));
        }),
      ),
      { numRuns: 150, seed: 7 },
    ));
});
