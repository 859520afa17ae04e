// The stack of a call that blocked in a coroutine, read for who could not suspend. Where all are green, each frame is that
// of a generator, and resumed by the one outside of it:
//
//   readFileSync                     blocks
//   compare    (app.js:3)            plain
//   Array.sort (<anonymous>)         calls it, and nothing can suspend through that: compare is what is looked for
//   list       (app.js:7)            green: the next frame resumes it
//   list.next  (<anonymous>)
//   handler    (app.js:12)
//   handler.next (<anonymous>)
//   Coroutine.next                   the coroutine's own

import { Coroutine } from './coroutine.ts';
import type { AnyFunction } from './twin.ts';

export interface BlockedFrame {
  /** As stacks name it: `Store.load`, `new Store`, `get total`. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface BlockedStack {
  readonly stack: string;
  readonly frame: BlockedFrame | undefined;
  readonly hint: string;
}

/** Frames looked at: a deep app, each frame twice. */
const DEPTH = 200;
const OURS = new URL('..', import.meta.url).href;
const RESUMES: readonly (string | null)[] = ['next', 'throw', 'return'];

/** The stack of whoever called `below`. */
export function blockedStack(below: AnyFunction): BlockedStack {
  const sites = callSites(below);
  const end = sites.findIndex((site) => isOurs(site) && site.getTypeName() === Coroutine.name);
  const inside = end === -1 ? sites : sites.slice(0, end);
  const app = inside.filter(isApps);
  const stack = inside
    .filter((site) => isApps(site) || (isBuiltIn(site) && !isResumption(site)))
    .map((site) => `    at ${site}`)
    .join('\n');
  if (inside[0] !== undefined && isOurs(inside[0])) {
    const hint =
      'its twin did it in place: it was predicted to take less than suspending does, or has arguments that only the blocking form knows';
    return { stack, frame: frameOf(app[0]), hint };
  }
  const green = app.findIndex((site) => isResumed(site, inside));
  // Nothing between the call and a green frame: that one had to call plainly.
  if (green === 0) {
    const hint =
      'it was called plainly by code that can suspend: in a place where no call can (a default of a parameter, a generator of the app’s), or because it has no twin';
    return { stack, frame: frameOf(app[0]), hint };
  }
  const outermost = green === -1 ? outermostOf(app) : green - 1;
  // A field's initialiser is called by a constructor, which may not even be written.
  const inner = app[outermost - 1];
  const culprit = inner !== undefined && isInitialiser(inner) ? inner : app[outermost];
  return { stack, frame: frameOf(culprit), hint: culprit === undefined ? '' : reason(culprit, inside) };
}

/** Without a green frame: who can't suspend, whatever it calls; or the handler itself, which calls nothing that could. */
function outermostOf(app: readonly NodeJS.CallSite[]): number {
  const never = app.findLastIndex(
    (site) => site.isConstructor() || /^[gs]et /.test(site.getFunctionName() ?? ''),
  );
  return never === -1 ? app.length - 1 : never;
}

function reason(site: NodeJS.CallSite, inside: readonly NodeJS.CallSite[]): string {
  const name = site.getFunctionName() ?? '';
  const caller = inside[inside.indexOf(site) + 1];
  if (site.isConstructor()) return 'a constructor can’t suspend: do what blocks before, and hand it in';
  if (/^[gs]et /.test(name)) return 'a getter or setter can’t suspend: make it a method';
  if (isInitialiser(site)) return 'the initialiser of a field can’t suspend';
  const folder = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(site.getFileName() ?? '');
  if (folder !== null)
    return `the package ${folder[1]} has no twin for it: try --green-include ${folder[1]}, and see what \`siskin green check\` says`;
  if (caller !== undefined && !isApps(caller) && !isOurs(caller))
    return `it was called by ${nameOf(caller)}, which nothing can suspend through`;
  return 'it has no twin, or was called in a place where nothing can suspend: `siskin green check` says which';
}

function frameOf(site: NodeJS.CallSite | undefined): BlockedFrame | undefined {
  if (site === undefined) return undefined;
  return {
    name: nameOf(site),
    file: site.getFileName() ?? '',
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
  };
}

/** `Array.sort (<anonymous>)` without the place. */
function nameOf(site: NodeJS.CallSite): string {
  const text = String(site);
  const parenthesis = text.lastIndexOf(' (');
  return parenthesis === -1 ? 'an anonymous function' : text.slice(0, parenthesis).replace(/^async /, '');
}

/** V8 names them `<instance_members_initializer>` and `<static_initializer>`. */
function isInitialiser(site: NodeJS.CallSite): boolean {
  return site.getFunctionName()?.endsWith('_initializer>') === true;
}

function isResumed(site: NodeJS.CallSite, sites: readonly NodeJS.CallSite[]): boolean {
  const outside = sites[sites.indexOf(site) + 1];
  return outside !== undefined && isResumption(outside);
}

function isResumption(site: NodeJS.CallSite): boolean {
  return isBuiltIn(site) && RESUMES.includes(site.getFunctionName());
}

/** V8's own: it has no file. */
function isBuiltIn(site: NodeJS.CallSite): boolean {
  return !site.getFileName();
}

function isOurs(site: NodeJS.CallSite): boolean {
  return site.getFileName()?.startsWith(OURS) === true;
}

function isApps(site: NodeJS.CallSite): boolean {
  return !isBuiltIn(site) && !isOurs(site) && !site.getFileName()!.startsWith('node:');
}

function callSites(below: AnyFunction): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = DEPTH;
    Error.prepareStackTrace = (_, sites) => sites;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, below);
    return holder.stack as NodeJS.CallSite[];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace!;
  }
}
