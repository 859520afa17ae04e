// The service and its client again, not a line of them changed, on a simulated network: a kernel is a program
// too. Connections are reset, packets lost or late, buffers tiny, all of it drawn from one seed; and the
// clock moves only while everybody waits. A day passes in a moment, and the same seed gives the same day,
// byte for byte.
//
//   node examples/layers/simulated.ts 7

import { createSimKernel, FaultOptions } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { listen, type Target } from '../../src/net/index.ts';
import { Cancelled, type Co, race, sleep, spawn } from '../../src/task/index.ts';
import { report } from './client-coroutines.ts';
import { serve } from './service-coroutines.ts';

const HOUR = 60 * 60 * 1000;
const FAULTS = { ...FaultOptions.benign, slowPeer: 0, reset: 0.005, droppedSyn: 0.02 };

/** The service, until its client has asked for a day. */
function* day(): Co<void> {
  const listener = yield* listen({ family: 'inet', host: '10.0.0.1', port: 80 });
  yield* race([serve(listener), askEveryHour(listener.address)]);
  listener.close();
}

function* askEveryHour(service: Target): Co<void> {
  for (let hour = 0; hour < 24; hour++) {
    const { lines, failures } = yield* persist(service);
    const clock = `${String(hour).padStart(2, '0')}:00`;
    const sample = lines[hour % lines.length];
    console.log(`${clock}  ${failures} failures, then ${lines.length} answers, such as: ${sample}`);
    yield* sleep(HOUR);
  }
}

/** Asks until all answers are there. On this network that may take a few tries. */
function* persist(service: Target): Co<{ lines: string[]; failures: number }> {
  for (let failures = 0; ; failures++) {
    try {
      return { lines: yield* report(service), failures };
    } catch (error) {
      // Whoever was told to stop must not try again.
      if (error instanceof Cancelled) throw error;
      yield* sleep(1000 * 2 ** failures);
    }
  }
}

const seed = Number(process.argv[2] ?? 7);
const kernel = createSimKernel({
  seed,
  addresses: ['10.0.0.1'],
  latency: { min: 0.5, max: 5 },
  faults: FAULTS,
});
const loop = new Loop(kernel);
const start = performance.now();

// `run` owns the thread until nothing is left to wait for. It can't be called from a promise's callback, and
// what comes after an `await` is one.
setImmediate(() => {
  const task = spawn(loop, day());
  task.onDone(() => loop.stop());
  loop.run();
  task.result;
  const { connections, faults, fingerprint } = kernel.statistics();
  console.log(`seed ${seed}: ${connections} connections, ${faults} faults, fingerprint ${fingerprint}`);
  const hours = kernel.monotonic() / HOUR;
  console.log(`${hours.toFixed(0)} hours in ${(performance.now() - start).toFixed(0)} ms`);
});
