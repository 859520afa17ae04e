// Which functions get a twin, which calls dispatch, and why the others don't.
//
// A function's calls are provably plain where each is of a built-in that cannot suspend, or of a function of this module
// that itself cannot. Found from the other side: a function with any other call switches, and so do those that call it.

import { neverSuspends } from './builtins.ts';
import type { Analysis, Call, FunctionInfo } from './functions.ts';
import type { Node, Of } from './parse.ts';

/**
 * Functions within functions are in the text of each twin around them, and have a twin in each: twice as much text for
 * every level. Below this many levels each function may have a twin: in bundles of Express and of Koa all but 2 of 2,224
 * that want one, and modules become 2 to 3 times as long; without a limit some become 14 times as long.
 */
const DEEP = 4;
/** Further in, those that are so short that all their copies together stay below this many characters. */
const MOST_COPIED = 4096;

export interface Decisions {
  /** Calls that look for a twin, where they are in a twin or an async function. */
  readonly dispatches: ReadonlyMap<Node, Call>;
  /** Names of functions that code which isn't green is given to call on with. */
  readonly continuations: ReadonlySet<string>;
  readonly enterUnless: string | undefined;
  reasonOf(info: FunctionInfo): string | undefined;
}

/** What is known of functions by their names: of those of a package that is on the list. */
export interface Known {
  /**
   * Names of functions that start their twin where the event loop calls them, or plain code that is waited for. As an
   * argument, such a name is a function that the callee may call on with: a middleware's `next`.
   */
  readonly enter?: readonly string[];
  /** An expression: where it is true, what is named in `enter` stays plain, as what it calls is entered by itself. */
  readonly enterUnless?: string;
  /** Of functions that stay plain, whatever they call: it never waits. It spares each call a coroutine. */
  readonly plain?: readonly string[];
  /**
   * Of functions that stay plain with all that is in them, and of which nothing depends on what they have entered being done:
   * their twin calls them, and waits for that.
   */
  readonly wait?: readonly string[];
}

export function decide(
  analysis: Analysis,
  { enter = [], enterUnless, plain = [], wait = [] }: Known,
): Decisions {
  for (const info of analysis.all) {
    info.refusal ??= refusalOf(info, analysis);
    if (info.refusal !== undefined) continue;
    const name = calledName(info);
    if (plain.includes(info.name)) info.refusal = 'is known not to wait';
    else if (wait.includes(name) && canSuspend(info) && isSimple(info)) {
      info.waits = true;
      info.refusal = 'runs plain, and waits for what it has entered';
    } else if (info.parent?.waits === true && !enter.includes(name))
      info.refusal = 'is part of what runs plain';
  }
  const unknown = new Map<Call, FunctionInfo | 'unknown'>();
  const callers = new Map<FunctionInfo, FunctionInfo[]>();
  const spread: FunctionInfo[] = [];
  for (const info of analysis.all) {
    for (const call of info.calls) {
      const target = targetOf(call, analysis);
      if (target === 'plain') continue;
      unknown.set(call, target);
      if (target === 'unknown') {
        if (!info.switches) spread.push(info);
        info.switches = true;
      } else callers.set(target, [...(callers.get(target) ?? []), info]);
    }
  }
  for (let info = spread.pop(); info !== undefined; info = spread.pop()) {
    if (info.refusal !== undefined || !canSuspend(info)) continue;
    for (const caller of callers.get(info) ?? []) {
      if (caller.switches) continue;
      caller.switches = true;
      spread.push(caller);
    }
  }
  const dispatches = new Map<Node, Call>();
  for (const [call, target] of unknown)
    if (target === 'unknown' || (target.switches && target.refusal === undefined))
      dispatches.set(call.node, call);
  const depths = new Map<FunctionInfo, number>();
  const deep = new Set<FunctionInfo>();
  for (const info of analysis.all) {
    const { parent } = info;
    const depth =
      parent === undefined ? 0 : (depths.get(parent) ?? 0) + (parent.twin && !parent.direct ? 1 : 0);
    depths.set(info, depth);
    const wanted = info.switches && info.refusal === undefined;
    if (wanted && isAsync(info)) info.rewritten = true;
    else if (wanted && (depth < DEEP || lengthOf(info) * 2 ** depth < MOST_COPIED)) info.twin = true;
    else if (wanted) deep.add(info);
    info.enters = info.twin && !info.direct && enter.includes(calledName(info)) && canEnter(info);
  }
  return {
    dispatches,
    continuations: new Set(enter),
    enterUnless,
    reasonOf: (info) =>
      info.refusal ??
      (deep.has(info)
        ? 'nested too deeply'
        : info.switches
          ? undefined
          : info.calls.length === 0
            ? 'calls nothing'
            : 'calls nothing that could wait'),
  };
}

function lengthOf({ node }: FunctionInfo): number {
  return node === undefined ? 0 : node.end - node.start;
}

function isAsync({ node }: FunctionInfo): boolean {
  return node?.async === true;
}

/** Whether a call of it could suspend its caller: async functions and generators return at once. */
function canSuspend({ node }: FunctionInfo): boolean {
  return node !== undefined && !node.async && !node.generator;
}

function targetOf(call: Call, analysis: Analysis): FunctionInfo | 'unknown' | 'plain' {
  if (neverSuspends(call)) return 'plain';
  const { callee } = call.node;
  if (callee.type === 'FunctionExpression' || callee.type === 'ArrowFunctionExpression')
    return knownTarget(analysis.functions.get(callee));
  if (call.method !== undefined) return knownTarget(call.method);
  const binding = analysis.resolve(call);
  if (binding === undefined || binding.reassigned || analysis.evaluates || binding.value === undefined)
    return 'unknown';
  return knownTarget(analysis.functions.get(binding.value));
}

function knownTarget(target: FunctionInfo | undefined): FunctionInfo | 'unknown' | 'plain' {
  if (target === undefined || target.waits) return 'unknown';
  return canSuspend(target) && target.refusal === undefined ? target : 'plain';
}

/** Why a function can have no twin; those that the walk found out stand already. */
function refusalOf(info: FunctionInfo, analysis: Analysis): string | undefined {
  const { node, role, method } = info;
  if (role === 'initialiser') return 'is a field initialiser or a static block';
  if (role === 'constructor' || role === 'getter' || role === 'setter') return `is a ${role}`;
  if (node === undefined) return undefined;
  if (node.generator && !node.async) return 'is a generator';
  if (isAsync(info)) return undefined;
  if (info.place === 'nowhere') return 'is declared without a block of its own';
  if (info.binding !== undefined && info.binding.value !== node) return 'is declared again';
  if (role === 'arrow' && info.usesSuper) return 'is an arrow function that uses `super`';
  if (role === 'arrow' && info.usesNewTarget) return 'is an arrow function that uses `new.target`';
  if (role === 'object method' && info.usesSuper) return "is an object literal's method that uses `super`";
  if (info.self?.reassigned) return 'assigns to its own name';
  if (info.inferred === '__proto__') return 'is named `__proto__`';
  if (method?.computed === true && !isSteadyKey(method, info, analysis)) return 'has a computed name';
  if (method?.type === 'MethodDefinition' && method.computed && info.usesSuper)
    return 'has a computed name and uses `super`';
  return undefined;
}

/** Whether a computed key can be evaluated twice: a literal, `Symbol.iterator`, a constant. */
function isSteadyKey(
  { key }: Of<'MethodDefinition'> | Of<'Property'>,
  { outer }: FunctionInfo,
  analysis: Analysis,
): boolean {
  if (key.type === 'Literal') return true;
  if (analysis.evaluates) return false;
  if (key.type === 'Identifier') {
    const binding = outer?.lookup(key.name);
    return binding !== undefined && !binding.reassigned && /^(const|import)$/.test(binding.kind);
  }
  return (
    key.type === 'MemberExpression' &&
    !key.computed &&
    key.object.type === 'Identifier' &&
    key.object.name === 'Symbol' &&
    outer?.lookup('Symbol') === undefined
  );
}

/** What others call it by: `layer.handle_request` may be `function handle() {}`. */
function calledName({ assigned, name }: FunctionInfo): string {
  return assigned ?? name;
}

/** Whether its plain body can get at its twin and its arguments. */
function canEnter(info: FunctionInfo): boolean {
  if (!isSimple(info) || info.scope?.has(info.name)) return false;
  return info.role !== 'arrow' || info.node!.params.every((each) => each.type === 'Identifier');
}

/** A function that is no method of a class or an object literal. */
function isSimple({ place, role }: FunctionInfo): boolean {
  return (place === 'top' || place === 'around') && role !== 'object method';
}
