// In which order files are had by those that wait for them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Access, take, untilFree } from '../../../src/green/twins/file-locks.ts';
import { createSimKernel } from '../../../src/kernel/sim/index.ts';
import { Loop } from '../../../src/loop/index.ts';
import { type Co, spawn, type Task } from '../../../src/task/index.ts';

/** A loop that runs one task in a turn, so that something can come between any two. */
class Turns {
  readonly #loop = new Loop(createSimKernel({ seed: 1 }), { budget: 0 });
  /** Who has got its files, in order. */
  readonly order: string[] = [];
  readonly #releases = new Map<string, () => void>();

  ask(name: string, ...touched: (readonly [file: string, access: Access])[]): Task<void> {
    const { order } = this;
    const releases = this.#releases;
    const task = spawn(
      this.#loop,
      (function* (): Co<void> {
        yield* untilFree(touched);
        order.push(name);
        releases.set(name, take(touched));
      })(),
    );
    this.turn();
    return task;
  }

  release(name: string): void {
    this.#releases.get(name)!();
  }

  turn(): void {
    this.#loop.turn(0);
  }

  rest(): void {
    while (this.#loop.hasReadyWork) this.turn();
  }
}

/** Turns run where promises can. */
function inTurns(use: (turns: Turns) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        use(new Turns());
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
}

describe('who waits for a file', () => {
  it('is not overtaken by who came later, though the file is free again before all have looked', () =>
    inTurns((turns) => {
      turns.ask('reader', ['f', 'read']);
      turns.ask('first writer', ['f', 'write']);
      turns.ask('second reader', ['f', 'read']);
      turns.ask('second writer', ['f', 'write']);
      turns.release('reader');
      turns.turn();
      turns.turn();
      assert.deepEqual(turns.order, ['reader', 'first writer']);
      turns.release('first writer');
      turns.rest();
      turns.release('second reader');
      turns.rest();
      assert.deepEqual(turns.order.slice(2), ['second reader', 'second writer']);
      turns.release('second writer');
    }));

  it('shares it with those that read, too, but for those behind a writer', () =>
    inTurns((turns) => {
      turns.ask('writer', ['f', 'write']);
      turns.ask('a', ['f', 'read']);
      turns.ask('b', ['f', 'read']);
      turns.ask('second writer', ['f', 'write']);
      turns.ask('c', ['f', 'read']);
      turns.release('writer');
      turns.rest();
      assert.deepEqual(turns.order, ['writer', 'a', 'b']);
      turns.release('a');
      turns.rest();
      assert.equal(turns.order.length, 3);
      turns.release('b');
      turns.rest();
      turns.release('second writer');
      turns.rest();
      assert.deepEqual(turns.order.slice(3), ['second writer', 'c']);
      turns.release('c');
    }));

  it('waits for two files without standing in the way of another who does', () =>
    inTurns((turns) => {
      turns.ask('f', ['f', 'write']);
      turns.ask('g', ['g', 'write']);
      turns.ask('f to g', ['f', 'read'], ['g', 'write']);
      turns.ask('g to f', ['g', 'read'], ['f', 'write']);
      turns.release('g');
      turns.rest();
      assert.equal(turns.order.length, 2);
      turns.release('f');
      turns.rest();
      assert.deepEqual(turns.order.slice(2), ['f to g']);
      turns.release('f to g');
      turns.rest();
      assert.deepEqual(turns.order.slice(3), ['g to f']);
      turns.release('g to f');
    }));

  it('lets those behind it go on where it is cancelled', () =>
    inTurns((turns) => {
      turns.ask('reader', ['f', 'read']);
      const writer = turns.ask('writer', ['f', 'write']);
      writer.onDone(() => {});
      turns.ask('second reader', ['f', 'read']);
      writer.cancel();
      turns.rest();
      assert.deepEqual(turns.order, ['reader', 'second reader']);
      turns.release('reader');
      turns.release('second reader');
    }));
});
