// Events whose listeners wait: coroutines of their own at the root, one after another within a coroutine.

// biome-ignore-all lint/correctness/useYield: a twin need not wait.

import assert from 'node:assert/strict';
import { EventEmitter, errorMonitor } from 'node:events';
import { describe, it } from 'node:test';
import { currentCoroutine } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import type { Co } from '../../../src/task/index.ts';
import { atRoot, call, finish, green, run, slow } from '../simulate.ts';
import { uncaught } from '../uncaught.ts';

/** Emits within a coroutine, as transformed code does. */
function emit(emitter: EventEmitter, ...args: unknown[]): Co<unknown> {
  return call(emitter.emit as never, emitter, ...args);
}

describe('emit at the root', () => {
  it('starts listeners that have twins, and does not wait for them', async () => {
    const seen: string[] = [];
    const emitter = new EventEmitter();
    emitter.on('x', slow((value: string) => seen.push(`slow ${value}`), 10) as never);
    emitter.on('x', (value: string) => seen.push(`plain ${value}`));
    emitter.on('x', slow((value: string) => seen.push(`quick ${value}`), 1) as never);
    const result = await atRoot(() => [emitter.emit('x', 'a'), [...seen]]);
    assert.deepEqual(result, [true, ['plain a']]);
    assert.deepEqual(seen, ['plain a', 'quick a', 'slow a']);
  });

  it('has run a listener that did not wait when it returns', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    const twin = green(() => seen.push('plain'), function* (this: unknown, ...args: unknown[]): Co<void> {
      seen.push(this === emitter, currentCoroutine() !== undefined, ...args);
    } as never);
    emitter.on('x', twin);
    await atRoot(() => {
      emitter.emit('x', 1, 2);
      assert.deepEqual(seen, [true, true, 1, 2]);
    });
  });

  it('throws what a listener throws before it waits; what it throws later is an uncaught exception', async () => {
    const emitter = new EventEmitter();
    emitter.on(
      'now',
      green(
        () => {},
        function* (): Co<void> {
          throw new RangeError('now');
        },
      ),
    );
    emitter.on(
      'later',
      slow(() => {
        throw new RangeError('later');
      }),
    );
    await atRoot(() => assert.throws(() => emitter.emit('now'), /now/));
    const [error, origin] = await uncaught(() => atRoot(() => emitter.emit('later')));
    assert.match(String(error), /later/);
    assert.equal(origin, 'uncaughtException');
  });

  it('calls listeners as they stand in code that runs plain within a coroutine', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    emitter.on('x', slow(() => seen.push('listener')) as never);
    await run(function* (): Co<void> {
      emitter.emit('x');
      seen.push('emitted');
    });
    assert.deepEqual(seen, ['listener', 'emitted']);
  });

  it('makes a rejection of a listener’s promise an error event where that is asked for, before and after a wait', async () => {
    const emitter = new EventEmitter({ captureRejections: true });
    const errors: unknown[] = [];
    emitter.on('error', (error: Error) => errors.push(error.message));
    emitter.on('x', slow(() => Promise.reject(new Error('rejected'))) as never);
    emitter.on(
      'x',
      slow(() => {
        throw new Error('thrown');
      }),
    );
    const own = new EventEmitter({ captureRejections: true });
    Object.assign(own, {
      [EventEmitter.captureRejectionSymbol]: (error: Error, ...args: unknown[]) =>
        errors.push([error.message, ...args]),
    });
    own.on('y', slow(() => Promise.reject(new Error('own'))) as never);
    await atRoot((loop) => {
      emitter.emit('x');
      own.emit('y', 1);
      return finish(loop);
    });
    assert.deepEqual(errors.toSorted(), [['own', 'y', 1], 'rejected', 'thrown'].toSorted());
  });

  it('looks as Node’s own', () => {
    assert.deepEqual([EventEmitter.prototype.emit.name, EventEmitter.prototype.emit.length], ['emit', 1]);
    assert.deepEqual(
      Object.keys(EventEmitter.prototype).filter((key) => key === 'emit' || key === 'once'),
      ['emit', 'once'],
    );
    assert.throws(() => new EventEmitter().emit('error', new RangeError('nobody')), /nobody/);
    assert.equal(new EventEmitter().emit('x'), false);
  });
});

describe('emit within a coroutine', () => {
  it('waits for one listener after another', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    emitter.on('x', slow(() => seen.push('first'), 10) as never);
    emitter.on('x', () => seen.push('second'));
    emitter.on('x', slow(() => seen.push('third'), 1) as never);
    const result = await run(function* (): Co<unknown> {
      const answer = yield* emit(emitter, 'x');
      seen.push('emitted');
      return answer;
    });
    assert.equal(result, true);
    assert.deepEqual(seen, ['first', 'second', 'third', 'emitted']);
  });

  it('throws what a listener throws, and calls no further one', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    emitter.on(
      'x',
      slow(() => {
        throw new RangeError('no');
      }),
    );
    emitter.on('x', () => seen.push('second'));
    await assert.rejects(
      run(() => emit(emitter, 'x')),
      RangeError,
    );
    assert.deepEqual(seen, []);
  });

  it('calls those that listened when it began', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    const last = (): unknown => seen.push('last');
    const first = slow(() => {
      seen.push('first');
      emitter.off('x', last);
      emitter.on('x', () => seen.push('new'));
    });
    emitter.on('x', first).on('x', last);
    await run(() => emit(emitter, 'x'));
    assert.deepEqual(seen, ['first', 'last']);
  });

  it('calls a listener once that was added with once, and has it removed before it waits', async () => {
    for (const add of ['once', 'prependOnceListener'] as const) {
      const seen: unknown[] = [];
      const emitter = new EventEmitter();
      const listener = slow((value: unknown) => seen.push(value, emitter.listenerCount('x')), 5);
      assert.equal(emitter[add]('x', listener as never), emitter);
      assert.deepEqual(emitter.listeners('x'), [listener]);
      const [wrapper] = emitter.rawListeners('x') as unknown as [{ listener: unknown; name: string }];
      assert.equal(wrapper.listener, listener);
      assert.notEqual(twinOf(wrapper), undefined);
      await run(function* (): Co<void> {
        yield* emit(emitter, 'x', 1);
        yield* emit(emitter, 'x', 2);
      });
      assert.deepEqual(seen, [1, 0]);
      emitter[add]('x', listener as never);
      emitter.off('x', listener as never);
      assert.equal(emitter.listenerCount('x'), 0);
    }
  });

  it('throws an error that nobody listens to, and tells the monitor first', async () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    await assert.rejects(
      run(() => emit(emitter, 'error', new RangeError('nobody'))),
      /nobody/,
    );
    emitter.on(errorMonitor, slow((error: Error) => seen.push('monitor', error.message), 5) as never);
    emitter.on('error', slow(() => seen.push('listener'), 1) as never);
    await run(() => emit(emitter, 'error', new Error('e')));
    assert.deepEqual(seen, ['monitor', 'e', 'listener']);
  });

  it('calls it once also where it is emitted again before its turn comes', async () => {
    const seen: string[] = [];
    const emitter = new EventEmitter();
    const again = green(
      () => {},
      function* (depth: number): Co<void> {
        if (depth === 0) yield* emit(emitter, 'x', 1);
      },
    );
    emitter.on('x', again).once('x', slow(() => seen.push('once')) as never);
    await run(() => emit(emitter, 'x', 0));
    assert.deepEqual(seen, ['once']);
  });
});

describe('the process’s last event', () => {
  it('finds listeners that end before it does', async () => {
    const seen: string[] = [];
    const listener = slow(() => seen.push('exit')) as () => void;
    process.on('exit', listener);
    const emitLast = process.emit.bind(process) as (type: string) => boolean;
    await atRoot(() => {
      emitLast('exit');
      seen.push('emitted');
    });
    process.off('exit', listener);
    assert.deepEqual(seen, ['exit', 'emitted']);
  });
});
