// Stacks of green code, as of plain code. While a twin runs, V8 has two frames for each function (`f`, and `f.next`, which
// steps it), and frames of this runtime around them; a stack that is read shows neither. Nothing is done until it is read.

import { fileURLToPath } from 'node:url';

/** V8 captures two frames for each that is shown, as every other one is a `next`, and some for those that are ours. */
const CAPTURED_PER_SHOWN = 2;
const CAPTURED_OF_OURS = 6;

/** Folders whose frames say nothing of the app, as stacks name them: the green layer, the tasks and the loop. */
const OURS = ['./', '../task/', '../loop/'].flatMap((path) => {
  const url = new URL(path, import.meta.url).href;
  return [url, fileURLToPath(url)];
});

type Frame = NodeJS.CallSite;
type Prepare = (this: unknown, error: Error, frames: Frame[]) => unknown;

/**
 * Has `error.stack` leave out what is of the runtime. What formats the rest is Node's own function, with source maps where
 * they are enabled, or the app's `Error.prepareStackTrace`: libraries that ask who called them count frames.
 */
export function installStacks(): void {
  const format = Error.prepareStackTrace as Prepare | undefined;
  // Without a function of Node's to hand on to, its source maps would be lost.
  if (format === undefined) return;
  const shown = Error.stackTraceLimit;
  // Someone who wants no stacks gets none.
  const captured = shown > 0 ? shown * CAPTURED_PER_SHOWN + CAPTURED_OF_OURS : shown;
  Error.stackTraceLimit = captured;

  const filtering = (prepare: Prepare): Prepare =>
    function prepareStackTrace(this: unknown, error, frames) {
      // Whoever has set another limit since wants to see as much as there is.
      const most = Error.stackTraceLimit === captured ? shown : frames.length;
      return Reflect.apply(prepare, this, [error, usefulFrames(frames, most)]);
    };
  const ours = filtering(format);
  /** Ours for each of an app's, and back: it may put back what it has read. */
  const known = new WeakMap<Prepare, Prepare>([[ours, ours]]);
  let current = ours;
  Object.defineProperty(Error, 'prepareStackTrace', {
    get: () => current,
    set: (prepare: unknown) => {
      current = typeof prepare === 'function' ? knownOr(prepare as Prepare) : ours;
    },
    enumerable: false,
    configurable: true,
  });

  function knownOr(prepare: Prepare): Prepare {
    const before = known.get(prepare);
    if (before !== undefined) return before;
    const made = filtering(prepare);
    known.set(prepare, made).set(made, made);
    return made;
  }
}

function usefulFrames(frames: Frame[], most: number): Frame[] {
  const useful: Frame[] = [];
  for (const [index, frame] of frames.entries()) {
    if (useful.length === most) break;
    if (!isOurs(frame) && !isStep(frame) && !isScope(frame, frames[index + 1])) useful.push(frame);
  }
  // An error of the runtime itself.
  return useful.length === 0 ? frames.slice(0, most) : useful;
}

function isOurs(frame: Frame): boolean {
  const file = frame.getFileName();
  return typeof file === 'string' && OURS.some((folder) => file.startsWith(folder));
}

/** `f.next (<anonymous>)` and its kin, by which a generator is stepped. */
function isStep(frame: Frame): boolean {
  const name = frame.getFunctionName();
  return (
    (name === 'next' || name === 'throw' || name === 'return') && typeof frame.getFileName() !== 'string'
  );
}

/** A task's step in its AsyncLocalStorage stores. */
function isScope(frame: Frame, caller: Frame | undefined): boolean {
  return frame.getFileName() === 'node:async_hooks' && caller !== undefined && isOurs(caller);
}
