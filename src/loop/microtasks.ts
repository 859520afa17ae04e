// Runs what promises have queued, in the middle of a turn of Node's loop. The event loop calls it after each task, so
// that one request's continuations run before the next request's handler starts, as they do under `node:http`.

/**
 * `process._tickCallback` runs `process.nextTick` and microtask queues to their end. It is undocumented but has been
 * there since Node 0.x and costs 27 ns when there is nothing to do. Where it should ever be missing, the loop gives
 * each task a `setImmediate` of its own, between which Node does the same.
 */
const tick = (process as unknown as { _tickCallback?: () => void })._tickCallback;

/** Whether {@link drainMicrotasks} can do its work. */
export const canDrainMicrotasks = typeof tick === 'function';

/**
 * Runs all queued microtasks and `nextTick` callbacks. Does nothing useful inside a microtask: V8 runs them in order.
 * What a promise's callback throws is by then reported as an uncaught exception; what a `nextTick` callback throws is
 * thrown here, and has to reach Node, which then mends its own records.
 */
export function drainMicrotasks(): void {
  tick?.();
}
