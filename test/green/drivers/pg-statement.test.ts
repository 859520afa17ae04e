// A statement on its way, on a libpq that is made up: what a real server does too seldom to be tested with.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { type Libpq, Statement } from '../../../src/green/drivers/pg-statement.ts';
import { createSimKernel } from '../../../src/kernel/sim/index.ts';
import { Loop } from '../../../src/loop/index.ts';
import { spawn } from '../../../src/task/index.ts';

/** A libpq that has sent what it was told, and has no result; but for `answers`. */
function madeUp(answers: Partial<Libpq>): Libpq {
  const usual: Record<string, unknown> = {
    isNonBlocking: false,
    setNonBlocking: true,
    flush: 0,
    consumeInput: true,
    isBusy: false,
    getResult: false,
    resultStatus: 'PGRES_TUPLES_OK',
    resultErrorMessage: '',
    errorMessage: '',
  };
  const pq = new EventEmitter() as unknown as Record<string, unknown>;
  for (const name of [...Object.keys(usual), 'clear', 'cancel', 'startReader', 'stopReader']) {
    const answer = (answers as Record<string, unknown>)[name] ?? (() => usual[name]);
    pq[name] = answer;
  }
  return pq as unknown as Libpq;
}

function run(pq: Libpq, loop: Loop): Promise<unknown> {
  const statement = new Statement(pq, () => 'rows');
  return spawn(
    loop,
    (function* () {
      statement.send(() => true);
      yield* statement.wait();
      return statement.outcome();
    })(),
  ).then();
}

describe('a statement on its way', () => {
  it('looks at its socket again though libpq’s reader keeps silent, as it does of a connection that was reset', async () => {
    const kernel = createSimKernel({ seed: 1 });
    const loop = new Loop(kernel);
    let looks = 0;
    const pq = madeUp({
      consumeInput: () => ++looks < 2,
      isBusy: () => true,
      errorMessage: () => 'server closed the connection unexpectedly\n',
    });
    const ended = run(pq, loop);
    const begun = kernel.monotonic();
    // A loop runs where promises can.
    setImmediate(() => loop.run());
    await assert.rejects(ended, /^Error: server closed the connection unexpectedly/);
    assert.ok(kernel.monotonic() - begun >= 1_000 && kernel.monotonic() - begun < 2_000);
  });
});
