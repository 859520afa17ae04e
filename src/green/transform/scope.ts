// Which declaration a name means: what the analysis asks about callees ("is it that function, always?") and writes.

import type { FunctionNode, Node } from './parse.ts';

export type BindingKind = 'var' | 'let' | 'const' | 'function' | 'parameter' | 'class' | 'import' | 'self';

export interface Binding {
  readonly name: string;
  readonly scope: Scope;
  kind: BindingKind;
  /** The function it is declared as (the last one), or initialised with. */
  value: FunctionNode | undefined;
  /** What a `const` is initialised with. */
  readonly constant: Node | undefined;
  /** Whether something other than its one declaration gives it a value. */
  reassigned: boolean;
  /** The offset from which on it has its value, where code runs in the order of the text; 0 for what has it always. */
  ready: number;
  /** Whether it may have no value yet, or another one, behind `ready`: `var` in a loop, `let` in a `case`. */
  unsure: boolean;
  /** Whether nothing of its scope runs before it has its value, but what is in front of `ready`: parameters. */
  entry: boolean;
}

/** What is known of a declaration's value besides its name. */
export interface Declared {
  readonly value?: FunctionNode | undefined;
  readonly constant?: Node | undefined;
  readonly ready?: number;
  readonly unsure?: boolean;
  readonly entry?: boolean;
}

export class Scope {
  readonly parent: Scope | undefined;
  /** Whether `var` ends here. */
  readonly isFunction: boolean;
  readonly #names = new Map<string, Binding>();

  constructor(parent: Scope | undefined, isFunction: boolean) {
    this.parent = parent;
    this.isFunction = isFunction;
  }

  declare(
    name: string,
    kind: BindingKind,
    { value, constant, ready = 0, unsure = false, entry = false }: Declared = {},
  ): Binding {
    let scope: Scope = this;
    if (kind === 'var') while (!scope.isFunction && scope.parent !== undefined) scope = scope.parent;
    const known = scope.#names.get(name);
    if (known !== undefined) {
      known.reassigned = true;
      if (kind === 'function') known.value = value;
      return known;
    }
    const binding: Binding = { name, scope, kind, value, constant, reassigned: false, ready, unsure, entry };
    scope.#names.set(name, binding);
    return binding;
  }

  /** Undefined for a global. */
  lookup(name: string): Binding | undefined {
    let scope: Scope | undefined = this;
    while (scope !== undefined) {
      const binding = scope.#names.get(name);
      if (binding !== undefined) return binding;
      scope = scope.parent;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }
}
