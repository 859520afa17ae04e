// The event loop, usable alone: `new Loop(await createKernel())`, then `setTimer`, `schedule`, `watch`, and `run()` or
// `attach()`.
export { createKernel, type KernelChoice } from '../kernel/index.ts';
export { Loop, type LoopOptions, type Runnable } from './loop.ts';
export { canDrainMicrotasks, drainMicrotasks } from './microtasks.ts';
export { Timer, TimerWheel } from './timers.ts';
export type { ReadyListener, Watch } from './watch.ts';
