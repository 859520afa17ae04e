// The simulation's faults: they strike, they are those of a real network, and a seed repeats them exactly.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { EAGAIN, EMFILE, READABLE, WRITABLE } from '../../../src/kernel/index.ts';
import { createSimKernel, FaultOptions } from '../../../src/kernel/sim/index.ts';
import { ADDRESS, runEcho } from './echo-run.ts';

const SEEDS = 1000;

/** Everything that a run did, as one hash: each call with its result and time, and each byte that a client got. */
function hashOf(seed: number): string {
  const hash = createHash('sha256');
  const { kernel, clients } = runEcho(
    {
      seed,
      faults: FaultOptions.swarm(seed),
      latency: { min: 0.1, max: 3 },
      onTrace: (line) => void hash.update(`${line}\n`),
    },
    4,
    200,
  );
  for (const client of clients) hash.update(client.received()).update(`${client.error} ${client.ended}`);
  return hash.update(JSON.stringify(kernel.statistics())).digest('hex');
}

describe('faults', () => {
  test('the same seed is the same run, call by call and byte by byte; another seed is another', () => {
    const first = Array.from({ length: 50 }, (_, seed) => hashOf(seed));
    const second = Array.from({ length: 50 }, (_, seed) => hashOf(seed));
    assert.deepEqual(first, second);
    assert.equal(new Set(first).size, 50);
  });

  test('runs have the same fingerprint if and only if they have the same trace', () => {
    const byTrace = new Map<string, number>();
    for (let seed = 0; seed < 200; seed++) {
      const trace: string[] = [];
      const options = {
        seed: seed % 100,
        faults: FaultOptions.benign,
        onTrace: (line: string) => trace.push(line),
      };
      const { fingerprint } = runEcho(options, 2, 50).kernel.statistics();
      assert.equal(byTrace.get(trace.join('\n')) ?? fingerprint, fingerprint);
      byTrace.set(trace.join('\n'), fingerprint);
    }
    assert.ok(byTrace.size > 50);
    assert.equal(new Set(byTrace.values()).size, byTrace.size);
  });

  test('benign faults lose nothing: every client gets its bytes, whole and in order', () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const faults = FaultOptions.swarm(seed, FaultOptions.benign);
      const { kernel, clients, messages } = runEcho({ seed, faults }, 3, 300);
      for (const [i, client] of clients.entries()) {
        assert.equal(client.text(), messages[i], `seed ${seed}`);
        assert.equal(client.error, 0, `seed ${seed}`);
      }
      assert.deepEqual(kernel.openDescriptors(), [], `seed ${seed}`);
    }
  });

  test('under harsh faults what a client gets is a beginning of what it sent, and nothing leaks', () => {
    let whole = 0;
    let cut = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { kernel, clients, messages } = runEcho({ seed, faults: FaultOptions.swarm(seed) }, 3, 300);
      for (const [i, client] of clients.entries()) {
        assert.ok(messages[i]!.startsWith(client.text()), `seed ${seed}`);
        if (client.receivedBytes === 300) whole++;
        else {
          cut++;
          assert.ok(client.error !== 0 || client.finished, `seed ${seed}: cut short without a reason`);
        }
      }
      assert.deepEqual(kernel.openDescriptors(), [], `seed ${seed}`);
    }
    assert.ok(whole > SEEDS && cut > SEEDS / 10, `${whole} whole, ${cut} cut`);
  });

  for (const name of Object.keys(FaultOptions.none) as (keyof FaultOptions)[]) {
    // The echo server has no files: those are the contract's.
    if (name === 'coldFile') continue;
    test(`${name} strikes, and the echo server survives it`, () => {
      let faults = 0;
      for (let seed = 0; seed < 20; seed++) {
        const { kernel, clients } = runEcho({ seed, faults: { [name]: 0.3 } }, 4, 100);
        faults += kernel.statistics().faults;
        assert.ok(clients.every((client) => client.done));
        assert.deepEqual(kernel.openDescriptors(), []);
      }
      assert.ok(faults > 0);
    });
  }

  test('no faults are drawn unless they are asked for', () => {
    assert.equal(runEcho({ seed: 3 }, 4, 100).kernel.statistics().faults, 0);
  });

  test('a spurious EAGAIN and a short read are followed by another report', () => {
    for (const faults of [{ spuriousAgain: 0.9 }, { shortRead: 1 }]) {
      const kernel = createSimKernel({ faults });
      const listener = kernel.listen(ADDRESS, { backlog: 4 });
      kernel.client(ADDRESS).send('0123456789');
      const poller = kernel.createPoller();
      poller.add(listener, 0, 0);
      let server = -1;
      while (server < 0) {
        assert.ok(poller.wait(-1) > 0);
        server = kernel.accept(listener);
      }
      poller.add(server, 1, 0);
      const bytes = new Uint8Array(100);
      let waits = 0;
      for (let received = 0; received < 10; waits++) {
        assert.equal(poller.wait(-1), 1);
        assert.equal(poller.flags(0), READABLE);
        const count = kernel.recv(server, bytes, 0, 100);
        assert.ok(count > 0 || count === -EAGAIN);
        received += Math.max(0, count);
      }
      assert.ok(waits > 1);
    }
  });

  test('a short write is followed by another report of writability', () => {
    const kernel = createSimKernel({ faults: { shortWrite: 1 } });
    kernel.listen(ADDRESS, { backlog: 4 });
    const client = kernel.connect(ADDRESS);
    const poller = kernel.createPoller();
    poller.add(client, 1, WRITABLE);
    const bytes = new Uint8Array(100);
    let waits = 0;
    for (let sent = 0; sent < 100; waits++) {
      assert.equal(poller.wait(-1), 1);
      assert.equal(poller.flags(0), WRITABLE);
      sent += kernel.send(client, bytes, 0, 100 - sent);
    }
    assert.ok(waits > 1);
  });

  test('past the descriptor limit everything that needs one says EMFILE, and recovers', () => {
    const kernel = createSimKernel({ descriptorLimit: 6 });
    const listener = kernel.listen(ADDRESS, { backlog: 8 });
    for (let i = 0; i < 3; i++) kernel.client(ADDRESS);
    kernel.elapse(1);
    const first = kernel.accept(listener);
    assert.ok(kernel.accept(listener) > 0);
    assert.equal(kernel.accept(listener), -EMFILE);
    assert.equal(kernel.connect(ADDRESS), -EMFILE);
    assert.equal(kernel.listen({ ...ADDRESS, port: 8 }, { backlog: 1 }), -EMFILE);
    assert.throws(() => kernel.createPoller(), { code: 'EMFILE' });
    kernel.close(first);
    assert.equal(kernel.accept(listener), first);
  });
});
