// Stacks of green code, as of plain code. While a twin runs, V8 has two frames for each function (`f`, and `f.next`, which
// steps it), and frames of this runtime around them; a stack that is read shows neither. Nothing is done until it is read.

import { fileURLToPath } from 'node:url';

/** What V8 captures, and what of it is shown: every other frame is a `next`, and some are ours. */
const CAPTURED = 40;

/** Folders whose frames say nothing of the app: this one, the tasks' and the loop's. */
const OURS = ['./', '../task/', '../loop/'].flatMap((path) => {
  const url = new URL(path, import.meta.url).href;
  return [url, fileURLToPath(url)];
});

type Prepare = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/**
 * Has `error.stack` leave out what is of the runtime. Node's own formatting, with source maps where they are enabled, comes
 * after it; an app's `Error.prepareStackTrace` takes its place, and sees all frames.
 */
export function installStacks(): void {
  const native = Error.prepareStackTrace as Prepare | undefined;
  if (native === undefined) return;
  const shown = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.max(shown, CAPTURED);
  const raised = Error.stackTraceLimit;

  function ErrorPrepareStackTrace(error: Error, frames: NodeJS.CallSite[]): unknown {
    const useful = frames.filter(isUseful);
    return native!(error, Error.stackTraceLimit === raised ? useful.slice(0, shown) : useful);
  }
  Object.defineProperty(Error, 'prepareStackTrace', {
    value: ErrorPrepareStackTrace,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

function isUseful(frame: NodeJS.CallSite): boolean {
  const file = frame.getFileName();
  if (file === null || file === undefined) return !isStep(frame);
  return !OURS.some((folder) => file.startsWith(folder));
}

/** `f.next (<anonymous>)`, and its kin: generator methods are the only frames without a file that have these names. */
function isStep(frame: NodeJS.CallSite): boolean {
  const name = frame.getFunctionName();
  return (name === 'next' || name === 'throw' || name === 'return') && !frame.isNative();
}
