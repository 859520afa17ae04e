// Coroutines on the event loop: write a generator, `yield*` what it waits for, run it as a Task.
//
//   const loop = new Loop(createLinuxKernel());
//   loop.attach();
//   console.log(await spawn(loop, all([first(), second()])));
export { Channel } from './channel.ts';
export type { Co, Suspend, Waiter } from './co.ts';
export { all, race } from './combinators.ts';
export { Cancelled, ChannelClosed, DeadlineExceeded } from './errors.ts';
export { currentTask, Scope, scope } from './scope.ts';
export { Semaphore } from './semaphore.ts';
export { Signal } from './signal.ts';
export { CLEANUP_DEADLINE, spawn, Task, type TaskOptions } from './task.ts';
export { deadline, sleep } from './timing.ts';
export { until } from './until.ts';
export { WaitList } from './wait-list.ts';
