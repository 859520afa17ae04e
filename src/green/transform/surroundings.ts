// What is around a node that the analysis visits, and what is said of the functions around it.

import type { FunctionInfo, Role } from './functions.ts';
import type { Node, Of } from './parse.ts';
import type { Scope } from './scope.ts';

/** Why a function that is called where it stands, as its module is evaluated, has no twin. */
export const ONCE = 'runs once, as its module is evaluated';

/** What surrounds the node that is visited. */
export interface Around {
  readonly scope: Scope;
  readonly fn: FunctionInfo | undefined;
  readonly strict: boolean;
  /** Why calls here stay as they are: parameters, `with`, what `delete` is applied to. */
  readonly plain: boolean;
  readonly inWith: boolean;
  /** Whether a loop of the same function is around it. */
  readonly loops: boolean;
  readonly methods: PrivateMethods | undefined;
  /** What the function that comes next is. */
  readonly role?: Role;
  readonly inferred?: string | undefined;
  readonly assigned?: string | undefined;
  readonly method?: Of<'MethodDefinition'> | Of<'Property'>;
  readonly once?: boolean;
  readonly direct?: boolean;
  readonly parent?: Node;
}

/** The private names of a class, and of the classes around it: methods, or something else. */
export interface PrivateMethods {
  readonly names: Map<string, FunctionInfo | undefined>;
  readonly outer: PrivateMethods | undefined;
}

/** The same surroundings for a node further in. */
export function inner(around: Around): Around {
  const { scope, fn, strict, plain, inWith, loops, methods } = around;
  return { scope, fn, strict, plain, inWith, loops, methods };
}

/** Arrows have the `this`, `arguments`, `new.target` and `super` of what is around them. */
export function mark(
  fn: FunctionInfo | undefined,
  use: 'usesThis' | 'usesArguments' | 'usesNewTarget' | 'usesSuper',
) {
  for (let each = fn; each !== undefined; each = each.parent) {
    each[use] = true;
    if (each.role !== 'arrow') return;
  }
}

/** Private names mean what they mean in functions within, too. */
export function markPrivate(fn: FunctionInfo | undefined): void {
  for (let each = fn; each !== undefined; each = each.parent) each.usesPrivate = true;
}

export function refuse(fn: FunctionInfo | undefined, why: string): void {
  for (let each = fn; each !== undefined; each = each.parent) {
    each.refusal ??= why;
    if (each.role !== 'arrow') return;
  }
}

export function refuseYield(fn: FunctionInfo | undefined): void {
  for (let each = fn; each !== undefined; each = each.parent) each.refusal ??= 'uses `yield` as a name';
}

/** In an arrow function's twin another name stands for the `arguments` around it. */
export function refuseAlias(fn: FunctionInfo | undefined): void {
  for (let each = fn; each?.role === 'arrow'; each = each.parent) each.refusal ??= 'declares `arguments`';
}

export function findMethod(methods: PrivateMethods | undefined, name: string): FunctionInfo | undefined {
  for (let each = methods; each !== undefined; each = each.outer)
    if (each.names.has(name)) return each.names.get(name);
  return undefined;
}
