// A loop on the simulated kernel, prepared by a test and run to its end. The tests of the loop use it.

import { createSimKernel, type SimKernel } from '../../src/kernel/sim/index.ts';
import { Loop, type LoopOptions, type Runnable } from '../../src/loop/index.ts';
import { macrotask } from './macrotask.ts';

/** Runs `prepare` and then the loop, to its end. */
export function run(prepare: (loop: Loop, kernel: SimKernel) => void, options?: LoopOptions): Promise<Loop> {
  return macrotask(() => {
    const kernel = createSimKernel();
    const loop = new Loop(kernel, options);
    prepare(loop, kernel);
    loop.run();
    return loop;
  });
}

export function runnable(work: () => void): Runnable {
  return { run: work };
}
