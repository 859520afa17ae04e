// Which twins can be made once for their module although their functions are made often, and what such a twin must be given:
// the variables of the functions around it. hoist.ts emits them.
//
// A variable is given by its value where that is there when the twin is called and stays; else through a function that reads
// and writes it where it is. What cannot be said in such a way is not lifted: its twin is made with the function.

import type { Analysis, FunctionInfo, Use } from './functions.ts';
import { type Saying, sayingsOf } from './hard.ts';
import { firstAfter, type Node, type Of } from './parse.ts';
import type { Binding, Scope } from './scope.ts';
import { ONCE } from './surroundings.ts';

/** What the twin of a function takes from around it. */
export interface Captures {
  readonly values: readonly Binding[];
  /** Uses of variables that are given by reference. */
  readonly uses: readonly Use[];
  /** The function at whose beginning the twin is made; undefined for the module. */
  readonly container: FunctionInfo | undefined;
}

export class Closures {
  readonly #analysis: Analysis;
  readonly #sayings: ReadonlyMap<number, Saying>;
  readonly #found = new Map<FunctionInfo, Captures | undefined>();
  readonly #uses = new Map<Binding, readonly Use[]>();
  readonly #starts: readonly number[];

  constructor(analysis: Analysis, program: Of<'Program'>) {
    this.#analysis = analysis;
    this.#sayings = sayingsOf(program);
    this.#starts = analysis.uses.map((use) => use.start);
  }

  /** Undefined where the twin has to be made with its function. */
  of(info: FunctionInfo): Captures | undefined {
    if (!this.#found.has(info)) this.#found.set(info, this.#find(info));
    return this.#found.get(info);
  }

  #find(info: FunctionInfo): Captures | undefined {
    const { scope, node } = info;
    if (!info.twin || info.single || scope === undefined || node === undefined) return undefined;
    const container = containerOf(info);
    const strict = container?.strict ?? this.#analysis.strict;
    if (this.#analysis.evaluates || !canMove(info, strict)) return undefined;
    const around = new Set<Scope>();
    const end = container?.scope ?? this.#analysis.top;
    for (let each = scope.parent; each !== undefined && each !== end; each = each.parent) around.add(each);
    const values = new Set<Binding>();
    const uses: Use[] = [];
    for (const use of this.#within(node)) {
      const { binding } = use;
      // `var` in the body is another variable than what the parameters' own expressions name.
      if (use.start < node.body.start && binding.scope === scope && binding.kind !== 'parameter')
        return undefined;
      if (!around.has(binding.scope)) continue;
      if (this.#isSteady(binding, info)) values.add(binding);
      else if (this.#canReplace(use, info)) uses.push(use);
      else return undefined;
    }
    return { values: [...values], uses, container };
  }

  #within({ start, end }: Node): readonly Use[] {
    const { uses } = this.#analysis;
    const starts = this.#starts;
    return uses.slice(firstAfter(starts, start - 1), firstAfter(starts, end - 1));
  }

  /** Whether the use can be written as a call, and errors still name the variable. */
  #canReplace({ start, by }: Use, info: FunctionInfo): boolean {
    const saying = this.#sayings.get(start);
    if (saying !== 'call') return saying === undefined;
    const isRewritten = by === info || by?.rewritten === true;
    return isRewritten && start >= by.node!.body.start;
  }

  /** Whether the variable has its value, for good, whenever the twin of `info` is called. */
  #isSteady(binding: Binding, info: FunctionInfo): boolean {
    if (binding.reassigned || binding.unsure) return false;
    if (binding.ready === 0) return true;
    const outermost = outermostWithin(info, binding.scope);
    if (outermost.role !== 'declaration') return outermost.start >= binding.ready;
    if (binding.entry) return outermost.start >= binding.ready;
    return this.#firstCall(outermost, binding.scope) >= binding.ready;
  }

  /** The first offset at which the function that is declared in `scope` can be called. */
  #firstCall(declared: FunctionInfo, scope: Scope): number {
    let first = Number.POSITIVE_INFINITY;
    const reached = new Set([declared]);
    for (const each of reached) {
      const { binding } = each;
      // Outside of its block, a sloppy function's name is another variable.
      if (binding === undefined || (!each.strict && !binding.scope.isFunction)) return 0;
      for (const { start, by } of this.#usesOf(binding)) {
        const inside = by !== undefined && isWithin(by, scope) ? outermostWithin(by, scope) : undefined;
        if (inside === undefined) first = Math.min(first, start);
        else if (inside.role === 'declaration') reached.add(inside);
        else first = Math.min(first, inside.start);
      }
    }
    return first;
  }

  #usesOf(binding: Binding): readonly Use[] {
    if (this.#uses.size === 0) {
      const found = new Map<Binding, Use[]>();
      for (const use of this.#analysis.uses) {
        const known = found.get(use.binding);
        if (known === undefined) found.set(use.binding, [use]);
        else known.push(use);
      }
      for (const [each, uses] of found) this.#uses.set(each, uses);
    }
    return this.#uses.get(binding) ?? [];
  }
}

/** The innermost function around it that runs once, if twins can be put at the beginning of its body. */
function containerOf(info: FunctionInfo): FunctionInfo | undefined {
  let each = info.parent;
  while (each !== undefined && !(each.refusal === ONCE && each.node?.body.type === 'BlockStatement'))
    each = each.parent;
  return each;
}

/** Whether a function's twin means the same elsewhere, but for variables. */
function canMove(info: FunctionInfo, strict: boolean): boolean {
  const { role, node, scope } = info;
  if (role !== 'declaration' && role !== 'expression' && role !== 'arrow' && role !== 'object method')
    return false;
  if (info.usesSuper || info.usesPrivate || info.method?.computed === true) return false;
  const simple = node!.params.every((each) => each.type === 'Identifier');
  if (info.strict !== strict && !simple) return false;
  if (!info.usesArguments || role === 'arrow') return true;
  // Its parameters are what `arguments` has, in sloppy code: assigning to one assigns to the other.
  if (!info.strict && node!.params.length > 0) return false;
  return scope!.lookup('arguments') === undefined && !info.direct;
}

/** Whether `info` is in code that `scope` is around, and not what `scope` is of. */
function isWithin(info: FunctionInfo, scope: Scope): boolean {
  for (let each = info.scope?.parent; each !== undefined; each = each.parent) if (each === scope) return true;
  return false;
}

/** The outermost of the functions around `info`, and itself, that are within `scope`. */
function outermostWithin(info: FunctionInfo, scope: Scope): FunctionInfo {
  let outermost = info;
  while (outermost.parent !== undefined && isWithin(outermost.parent, scope)) outermost = outermost.parent;
  return outermost;
}
