// Calls through `call`, `apply`, `Reflect.apply` and `bind` reach the twin of the function that is called.

import { patch, plainly } from '../patch.ts';
import { type AnyFunction, attach, attachHidden, twinOf } from '../twin.ts';

const { call, apply } = Function.prototype as unknown as Record<'call' | 'apply', AnyFunction>;
const reflectApply = Reflect.apply as unknown as AnyFunction;

export function twinFunctions(): void {
  attachHidden(call, function (this: unknown, ...args: unknown[]) {
    const twin = twinOf(this);
    if (twin === undefined) return plainly(call, this, args);
    const [thisArg, ...rest] = args;
    return Reflect.apply(twin, thisArg, rest);
  });

  attachHidden(
    apply,
    function (this: unknown, thisArg: unknown, args: ArrayLike<unknown> | null | undefined) {
      const twin = twinOf(this);
      if (twin === undefined) return plainly(apply, this, [thisArg, args]);
      return Reflect.apply(twin, thisArg, args ?? []);
    },
  );

  attachHidden(reflectApply, (fn: unknown, thisArg: unknown, args: ArrayLike<unknown>) => {
    const twin = twinOf(fn);
    return twin === undefined
      ? plainly(reflectApply, undefined, [fn, thisArg, args])
      : Reflect.apply(twin, thisArg, args);
  });

  // A bound function does not tell what it is bound to: who makes it has to.
  patch(Function.prototype, 'bind', (native) => {
    const { bind } = {
      bind(this: unknown, thisArg: unknown) {
        // biome-ignore-start lint/complexity/noArguments: rest parameters cost every bind 80 ns.
        const result = Reflect.apply(native, this as never, arguments as never) as AnyFunction;
        const twin = twinOf(this);
        if (twin === undefined) return result;
        const bound = Array.prototype.slice.call(arguments, 1);
        // biome-ignore-end lint/complexity/noArguments: that is all.
        // Seen by console.log, as the twins of all nested functions are: hiding it takes 500 ns, and requests bind.
        return attach(result, (...args: unknown[]) => Reflect.apply(twin, thisArg, [...bound, ...args]));
      },
    };
    return bind as unknown as AnyFunction;
  });
}
