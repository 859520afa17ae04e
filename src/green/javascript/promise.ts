// Twins of what promises do with callbacks. They run at the root, each as a coroutine; where one waits, the promise that
// `then` made waits for it. An executor (`new Promise(executor)`) is called by a constructor, and runs plain.

import { enteringPromising } from '../enter.ts';
import { plainly } from '../patch.ts';
import { type AnyFunction, attachHidden } from '../twin.ts';

export function twinPromises(): void {
  const { prototype } = Promise as unknown as {
    prototype: Record<'then' | 'catch' | 'finally', AnyFunction>;
  };
  for (const native of [prototype.then, prototype.catch, prototype.finally]) {
    attachHidden(native, function (this: unknown, ...callbacks: unknown[]) {
      return plainly(native, this, callbacks.map(enteringPromising));
    });
  }
  const promiseTry = (Promise as unknown as { try?: AnyFunction }).try;
  if (promiseTry === undefined) return;
  attachHidden(promiseTry, function (this: unknown, callback: unknown, ...args: unknown[]) {
    return plainly(promiseTry, this, [enteringPromising(callback), ...args]);
  });
}
