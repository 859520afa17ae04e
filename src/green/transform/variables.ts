// What the walk over a module notes of names, to be resolved once all declarations are known: `var` and functions may be
// declared behind their uses.

import type { Call, FunctionInfo, Use } from './functions.ts';
import type { Node, Of } from './parse.ts';
import type { Binding, Scope } from './scope.ts';

interface Named {
  readonly name: string;
  readonly scope: Scope;
}

export class Variables {
  readonly #assigned: Named[] = [];
  readonly #initialised: Named[] = [];
  readonly #used: (Named & { readonly start: number; readonly by: FunctionInfo | undefined })[] = [];

  assign(name: string, scope: Scope): void {
    this.#assigned.push({ name, scope });
  }

  /** A `var` is given a value where it is declared. */
  initialise(name: string, scope: Scope): void {
    this.#initialised.push({ name, scope });
  }

  use({ name, start }: Of<'Identifier'>, scope: Scope, by: FunctionInfo | undefined): void {
    this.#used.push({ name, start, scope, by });
  }

  /** Marks what is assigned. Returns the uses of all variables but those of `top`, ascending. */
  resolve(top: Scope): Use[] {
    for (const { name, scope } of this.#assigned) {
      const binding = scope.lookup(name);
      if (binding !== undefined) binding.reassigned = true;
    }
    // `catch (e) { var e = 1; }` assigns to the parameter.
    for (const { name, scope } of this.#initialised) {
      const binding = scope.lookup(name);
      if (binding !== undefined && !binding.scope.isFunction) binding.reassigned = true;
    }
    const uses: Use[] = [];
    for (const { name, start, scope, by } of this.#used) {
      const binding = scope.lookup(name);
      if (binding !== undefined && binding.scope !== top) uses.push({ start, binding, by });
    }
    return uses.sort((a, b) => a.start - b.start);
  }
}

/** Notes whether what a call is of is the same after its arguments were evaluated. */
export function noteSteady(call: Call, evaluates: boolean): void {
  const { callee } = call.node;
  const steady = (node: Node): Binding | undefined => {
    if (evaluates || node.type !== 'Identifier' || node.name === 'arguments') return undefined;
    const binding = call.scope.lookup(node.name);
    return binding?.reassigned === false ? binding : undefined;
  };
  const binding = steady(callee);
  call.stableCallee = binding !== undefined && binding.kind !== 'import';
  call.stableReceiver = callee.type === 'MemberExpression' && steady(callee.object) !== undefined;
}
