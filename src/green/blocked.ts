// The blocked report: which call blocked the whole process while a green coroutine ran, for how long, and why it could not
// suspend. Node's blocking functions are watched on their modules' exports, for as long as green mode is on.
//
//   const undo = watchBlocking({ onBlocked: (report) => log(report) });
//
// Measured: outside of a coroutine the watch costs 11 ns a call, in one 110 ns: two looks at the clock, of 50 ns each where
// that was. So what takes a few microseconds (existsSync, statSync, randomBytes) is not watched.

import { syncBuiltinESMExports } from 'node:module';
import { type BlockedFrame, blockedStack } from './blocked-stack.ts';
import { currentCoroutine } from './coroutine.ts';
import { type AnyFunction, TWIN } from './twin.ts';
import { registerNodeTwins } from './twins/index.ts';
import { hangTwin, type NodeFunction } from './twins/node-function.ts';

export interface BlockedReport {
  /** `fs.readFileSync`. */
  readonly api: string;
  readonly milliseconds: number;
  /** How often this place has blocked since it was last reported, this time included. */
  readonly count: number;
  /** The app's frames, innermost first, a line each. */
  readonly stack: string;
  /** What ran plainly although it was called by what can suspend. */
  readonly frame: BlockedFrame | undefined;
  /** Why, as far as the stack shows, and what to do. */
  readonly hint: string;
}

export interface BlockedOptions {
  readonly onBlocked: (report: BlockedReport) => void;
  /** Milliseconds from which on a call is reported. */
  readonly threshold?: number;
  /** Milliseconds in which one place is reported once: a busy server would say the same a hundred times a second. */
  readonly interval?: number;
  readonly now?: () => number;
  /** Whether calls outside of coroutines count, too: those of handlers that are not green. While an app loads they don't. */
  readonly always?: () => boolean;
}

const THRESHOLD = 50;
const INTERVAL = 60_000;
/** Places that are remembered; beyond these, the oldest is forgotten, and may be reported again too soon. */
const MAX_PLACES = 1000;

interface Place {
  quietUntil: number;
  count: number;
}

/** Watches Node's blocking functions from now on. Returns what ends it. */
export function watchBlocking(options: BlockedOptions): () => void {
  const watch = new Watch(options);
  const undo = registerNodeTwins()
    .filter((fn) => fn.watched && fn.holder[fn.name] === fn.original)
    .map((fn) => put(fn, watched(fn, watch)));
  syncBuiltinESMExports();
  return () => {
    for (const back of undo) back();
    syncBuiltinESMExports();
  };
}

function put(fn: NodeFunction, wrapper: AnyFunction): () => void {
  fn.holder[fn.name] = wrapper;
  fn.inPlace = wrapper;
  return () => {
    // Whoever has put something else in its place since then keeps it.
    if (fn.holder[fn.name] === wrapper) fn.holder[fn.name] = fn.original;
    fn.inPlace = fn.original;
  };
}

/** `fn`, timed where a coroutine runs: in all that can be seen of it the same, with a twin of its own. */
function watched(fn: NodeFunction, watch: Watch): AnyFunction {
  const { original } = fn;
  const { now, threshold } = watch;
  // A method, so that it has no `prototype` but the original's.
  const { wrapper } = {
    wrapper(this: unknown): unknown {
      // biome-ignore lint/complexity/noArguments: rest parameters cost an array each time.
      const args = arguments as unknown as never[];
      if (currentCoroutine() === undefined && !watch.always()) return original.apply(this as never, args);
      const began = now();
      try {
        return original.apply(this as never, args);
      } finally {
        const milliseconds = now() - began;
        if (milliseconds >= threshold) watch.report(fn.label, milliseconds, wrapper);
      }
    },
  };
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(original);
  delete properties[TWIN as never];
  Object.defineProperties(wrapper, properties);
  hangTwin(fn, wrapper as AnyFunction);
  return wrapper as AnyFunction;
}

class Watch {
  readonly now: () => number;
  readonly threshold: number;
  readonly always: () => boolean;
  readonly #interval: number;
  readonly #onBlocked: (report: BlockedReport) => void;
  readonly #places = new Map<string, Place>();

  constructor({ onBlocked, threshold = THRESHOLD, interval = INTERVAL, now, always }: BlockedOptions) {
    this.#onBlocked = onBlocked;
    this.threshold = threshold;
    this.#interval = interval;
    this.always = always ?? (() => false);
    this.now = now ?? (() => performance.now());
  }

  report(api: string, milliseconds: number, below: AnyFunction): void {
    const { stack, frame, hint } = blockedStack(below);
    const where = frame === undefined ? stack : `${frame.file}:${frame.line}:${frame.column}`;
    const count = this.#count(`${api} ${where}`);
    if (count === 0) return;
    try {
      this.#onBlocked({ api, milliseconds, count, stack, frame, hint });
    } catch (error) {
      // The app's call is not to fail because of its report.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  /** How often `place` has blocked, where it is to be reported; otherwise 0. */
  #count(key: string): number {
    const now = this.now();
    const place = this.#places.get(key) ?? { quietUntil: Number.NEGATIVE_INFINITY, count: 0 };
    place.count++;
    this.#places.set(key, place);
    if (this.#places.size > MAX_PLACES) this.#places.delete(this.#places.keys().next().value!);
    if (now < place.quietUntil) return 0;
    const { count } = place;
    place.count = 0;
    place.quietUntil = now + this.#interval;
    return count;
  }
}
