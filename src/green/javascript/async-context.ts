// AsyncLocalStorage and AsyncResource with functions that wait: the stores that `run` and its kin enter are the function's
// alone, also while it waits.

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { patch, plainly, type Steps, twinBuiltin } from '../patch.ts';
import { noteEntering, within } from '../stores.ts';
import { type AnyFunction, attachHidden, twinOf } from '../twin.ts';

type Storage = AsyncLocalStorage<unknown>;
type Method = (this: unknown, ...args: unknown[]) => unknown;

export function twinAsyncContext(): void {
  const storage = AsyncLocalStorage.prototype as unknown as Record<'run' | 'exit' | 'enterWith', Method>;
  const resource = AsyncResource.prototype as unknown as Record<'runInAsyncScope' | 'bind', Method>;
  const { run, exit } = storage;
  const { runInAsyncScope } = resource;

  twinBuiltin(storage, 'run', { at: 1 }, (callback, self, [store, , ...args]) =>
    within(
      (step) => run.call(self, store, step),
      () => callback.apply(null, args),
    ),
  );
  twinBuiltin(storage, 'exit', { at: 0 }, (callback, self, [, ...args]) =>
    within(
      (step) => exit.call(self, step),
      () => callback.apply(null, args),
    ),
  );
  twinBuiltin(resource, 'runInAsyncScope', { at: 0 }, (callback, self, [, thisArg, ...args]) =>
    within(
      (step) => runInAsyncScope.call(self, step),
      () => callback.apply(thisArg, args),
    ),
  );

  patch(storage, 'enterWith', (native) => {
    return function (this: Storage, store: unknown) {
      noteEntering(this);
      return Reflect.apply(native, this as never, [store] as never);
    } as unknown as AnyFunction;
  });

  // Both static `bind`s come down to this one.
  patch(resource, 'bind', (native) => {
    return function (this: AsyncResource, fn: unknown, thisArg: unknown) {
      const bound = Reflect.apply(native, this as never, [fn, thisArg] as never) as AnyFunction;
      const enter = (step: () => void): void => this.runInAsyncScope(step);
      const twin = twinOf(fn);
      if (twin === undefined) return bound;
      return attachHidden(bound, function (this: unknown, ...args: unknown[]) {
        return within(enter, () => twin.apply(thisArg === undefined ? this : thisArg, args));
      });
    } as unknown as AnyFunction;
  });

  patch(AsyncLocalStorage, 'snapshot', (native) => {
    return function (this: unknown) {
      const inSnapshot = Reflect.apply(native, this as never, []) as (step: unknown) => unknown;
      return attachHidden(inSnapshot, function (this: unknown, callback: unknown, ...args: unknown[]): Steps {
        const twin = twinOf(callback);
        if (twin === undefined) return plainly(inSnapshot, this, [callback, ...args]);
        return within(
          (step) => inSnapshot(step),
          () => twin.apply(undefined, args),
        );
      });
    } as unknown as AnyFunction;
  });
}
