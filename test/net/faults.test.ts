// Streams under faults, over hundreds of seeds: short reads and writes, calls that fail for no reason, reports late or
// in another order. With faults that lose nothing an echo is exact; with others it is exact or an error.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SystemError } from '../../src/kernel/index.ts';
import { FaultOptions, Random } from '../../src/kernel/sim/index.ts';
import { connect, type Listener, listen, type Stream } from '../../src/net/index.ts';
import { all, type Co, scope } from '../../src/task/index.ts';
import { pattern, runSimulated } from './backend.ts';

const CLIENTS = 3;
const SOURCE = pattern(20_000);

describe('an echo over a simulated network', () => {
  test('is exact for 300 seeds of benign faults', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const faults = FaultOptions.swarm(seed, FaultOptions.benign);
      await runSimulated({ seed, faults }, () => echoes(seed, true));
    }
  });

  test('is exact or an error for 300 seeds of harsh faults, and leaves nothing open', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      await runSimulated({ seed, faults: FaultOptions.swarm(seed) }, () => echoes(seed, false));
    }
  });

  test('is the same run for the same seed', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prints: number[] = [];
      for (let run = 0; run < 2; run++) {
        const faults = FaultOptions.swarm(seed, FaultOptions.benign);
        await runSimulated({ seed, faults }, function* (_loop, kernel) {
          yield* echoes(seed, true);
          prints.push(kernel.statistics().fingerprint);
        });
      }
      assert.equal(prints[0], prints[1], `seed ${seed}`);
    }
  });
});

function* echoes(seed: number, exact: boolean): Co<void> {
  const random = new Random(seed, 0xec40);
  const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 80 });
  yield* scope(function* (tasks) {
    const server = tasks.spawn(serve(listener));
    const clients = Array.from({ length: CLIENTS }, () => askAll(listener, random, seed, exact));
    yield* all(clients);
    server.cancel();
  });
  listener.close();
}

function* serve(listener: Listener): Co<void> {
  yield* scope(function* (connections) {
    for (;;) {
      const stream = yield* listener.accept();
      connections.spawn(tolerant(echo(stream, 1 + (stream.remoteAddress?.family.length ?? 0) * 100)));
    }
  });
}

function* echo(stream: Stream, size: number): Co<void> {
  try {
    const buffer = new Uint8Array(size);
    for (let n = yield* stream.read(buffer); n > 0; n = yield* stream.read(buffer)) {
      yield* stream.write(buffer.subarray(0, n));
    }
    stream.end();
  } finally {
    stream.close();
  }
}

function* askAll(listener: Listener, random: Random, seed: number, exact: boolean): Co<void> {
  const question = SOURCE.subarray(random.below(1000), 1000 + random.below(SOURCE.length - 1000));
  const piece = 1 + random.below(3000);
  const answered = ask(listener, question, piece, seed);
  yield* exact ? answered : tolerant(answered);
}

function* ask(listener: Listener, question: Uint8Array, piece: number, seed: number): Co<void> {
  const stream = yield* connect(listener.address);
  try {
    yield* all([
      (function* (): Co<void> {
        for (let at = 0; at < question.length; at += piece) {
          yield* stream.write(question.subarray(at, at + piece));
        }
        stream.end();
      })(),
      (function* (): Co<void> {
        const answer = Buffer.alloc(question.length + 1);
        let have = 0;
        for (let n = -1; n !== 0; have += n) n = yield* stream.read(answer.subarray(have, have + piece));
        assert.ok(answer.subarray(0, have).equals(question), `seed ${seed}: ${have} of ${question.length}`);
      })(),
    ]);
  } finally {
    stream.close();
  }
}

/** Lets a network's errors pass, and no others. */
function* tolerant(coroutine: Co<void>): Co<void> {
  try {
    yield* coroutine;
  } catch (error) {
    const errors = error instanceof AggregateError ? error.errors : [error];
    if (!errors.every((each) => each instanceof SystemError)) throw error;
  }
}
