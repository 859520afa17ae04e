// The functions of Node's that block: each as the module exports it, its twin, and how it is done in place. The twins'
// files add to the list; `registerNodeTwins` hangs the twins on the functions, and `blocked.ts` puts a watch on them.

import type { Co } from '../../task/index.ts';
import { type AnyFunction, registerTwin } from '../twin.ts';

export type NodeTwin = (this: unknown, ...args: unknown[]) => Co<unknown>;

export interface NodeFunction {
  /** As reports name it: `fs.readFileSync`. */
  readonly label: string;
  /** The object that has it, a module's exports: what apps may have changed there is not touched. */
  readonly holder: Record<string, unknown>;
  readonly name: string;
  readonly original: AnyFunction;
  /** Whether it can take so long that it is worth a look at the clock each time. */
  readonly watched: boolean;
  /** For a twin that does not suspend: the original, or its watched form. */
  inPlace: AnyFunction;
  twin: NodeTwin | undefined;
}

/** `holder`'s function `name`; or `undefined` where this version of Node has none. */
export function nodeFunction(
  module: string,
  holder: object,
  name: string,
  watched = true,
): NodeFunction | undefined {
  const original = (holder as Record<string, unknown>)[name];
  if (typeof original !== 'function') return undefined;
  return {
    label: `${module}.${name}`,
    holder: holder as Record<string, unknown>,
    name,
    original: original as AnyFunction,
    watched,
    inPlace: original as AnyFunction,
    twin: undefined,
  };
}

export function callInPlace(fn: NodeFunction, self: unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(fn.inPlace, self, args);
}

/** Hangs `fn`'s twin on `target`: on the original, and on what stands for it in the module. Each needs one of its own. */
export function hangTwin(fn: NodeFunction, target: AnyFunction): void {
  const { twin } = fn;
  if (twin === undefined) return;
  registerTwin(target, function (this: unknown, ...args: unknown[]) {
    return twin.apply(this, args);
  } as never);
}
