// The variables that a lifted twin is given by reference: it names them by calls of one function, `$gu`, which is made where
// they are. `$gu(0)` reads one, `$gu(1,value)` writes it.

import type { Use } from './functions.ts';
import { naming } from './names.ts';
import type { Node, Of } from './parse.ts';
import { firstAfter } from './parse.ts';
import type { Context, Renderer } from './render.ts';
import type { Binding } from './scope.ts';

type Operation = 'read' | 'write' | `${'++' | '--'} before` | `${'++' | '--'} behind`;

export class Outer {
  /** Offsets of identifiers, ascending. */
  readonly positions: readonly number[];
  readonly #uses: readonly Use[];
  readonly #bindings: ReadonlySet<Binding>;
  readonly #name: string;
  readonly #cases: { readonly binding: Binding; readonly operation: Operation }[] = [];

  constructor(uses: readonly Use[], prefix: string) {
    this.#uses = uses;
    this.positions = uses.map((each) => each.start);
    this.#bindings = new Set(uses.map((each) => each.binding));
    this.#name = `${prefix}u`;
  }

  /** What the identifier at an offset means, if that is given by reference. */
  at(start: number): Binding | undefined {
    const use = this.#uses[firstAfter(this.positions, start - 1)];
    return use?.start === start ? use.binding : undefined;
  }

  /** The expression of an operation. */
  text(binding: Binding, operation: Operation): string {
    const index = this.#indexOf(binding, operation);
    return operation === 'write' ? `${this.#name}(${index},` : `${this.#name}(${index})`;
  }

  #indexOf(binding: Binding, operation: Operation): number {
    const known = this.#cases.findIndex((each) => each.binding === binding && each.operation === operation);
    return known >= 0 ? known : this.#cases.push({ binding, operation }) - 1;
  }

  /** The function itself, as an argument, where `around` has its variables; none where nothing was used. */
  accessor(around: Context, prefix: string): string[] {
    const bodies = this.#cases.map(({ binding, operation }) =>
      bodyOf(binding, operation, around.outer, `${prefix}j`),
    );
    if (bodies.length === 0) return [];
    const writes = this.#cases.some(({ operation }) => operation === 'write');
    const index = `${prefix}y`;
    if (bodies.length === 1) return [`${writes ? `(${index},${prefix}j)` : '()'}=>${bodies[0]}`];
    const parameters = writes ? `(${index},${prefix}j)` : index;
    const cases = bodies.map((body, at) => `case ${at}:return ${body};`);
    return [`${parameters}=>{switch(${index}){${cases.join('')}}}`];
  }

  get isUsed(): boolean {
    return this.#cases.length > 0;
  }

  has(binding: Binding): boolean {
    return this.#bindings.has(binding);
  }
}

function bodyOf(binding: Binding, operation: Operation, outer: Outer | undefined, value: string): string {
  const { name } = binding;
  if (outer?.has(binding)) {
    const text = outer.text(binding, operation);
    return operation === 'write' ? `${text}${value})` : text;
  }
  if (operation === 'read') return name;
  if (operation === 'write') return `${name}=${value}`;
  const [operator, place] = operation.split(' ');
  return place === 'before' ? `${operator}${name}` : `${name}${operator}`;
}

/** Renders what names a variable that is given by reference; false for what doesn't. */
export function renderOuter(r: Renderer, node: Node, context: Context): boolean {
  const { outer } = context;
  if (outer === undefined) return false;
  const { output } = r;
  switch (node.type) {
    case 'Identifier': {
      const binding = outer.at(node.start);
      if (binding !== undefined) output.put(outer.text(binding, 'read'), node.start);
      return binding !== undefined;
    }
    case 'Property': {
      if (!node.shorthand || node.value.type !== 'Identifier') return false;
      const binding = outer.at(node.value.start);
      if (binding !== undefined) output.put(`${binding.name}:${outer.text(binding, 'read')}`, node.start);
      return binding !== undefined;
    }
    case 'UpdateExpression': {
      const binding = outer.at(node.argument.start);
      if (binding === undefined || node.argument.type !== 'Identifier') return false;
      output.put(outer.text(binding, `${node.operator} ${node.prefix ? 'before' : 'behind'}`), node.start);
      return true;
    }
    case 'AssignmentExpression': {
      const binding = outer.at(node.left.start);
      if (binding === undefined || node.left.type !== 'Identifier') return false;
      renderAssignment(r, node, binding, outer, context);
      return true;
    }
    case 'CallExpression': {
      const { callee } = node;
      const binding = callee.type === 'Identifier' ? outer.at(callee.start) : undefined;
      if (binding === undefined) return false;
      output.put(
        `${r.names.callable()}(${outer.text(binding, 'read')},${JSON.stringify(binding.name)})`,
        callee.start,
      );
      r.rest(node, callee.end, context);
      return true;
    }
    default:
      return false;
  }
}

/** `x = v`, `x += v`, `x ??= v`: the old value is read, and the new one written, when the language does. */
function renderAssignment(
  r: Renderer,
  { start, left, operator, right }: Of<'AssignmentExpression'>,
  binding: Binding,
  outer: Outer,
  context: Context,
): void {
  const { output } = r;
  const write = (): void => output.put(outer.text(binding, 'write'), start);
  const value = (): void => {
    const { open, close } = naming(binding.name);
    const takesName = left.start === start && isAnonymous(right);
    if (takesName) output.put(open);
    r.operand(right, context);
    if (takesName) output.put(close);
  };
  if (operator === '=') {
    write();
    value();
    output.put(')');
    return;
  }
  const read = outer.text(binding, 'read');
  const binary = operator.slice(0, -1);
  if (binary === '||' || binary === '&&' || binary === '??') {
    output.put(`(${read}${binary}`, start);
    write();
    value();
    output.put('))');
    return;
  }
  write();
  output.put(`${read}${binary}(`);
  r.operand(right, context);
  output.put('))');
}

function isAnonymous(node: Node): boolean {
  return (
    node.type === 'ArrowFunctionExpression' ||
    ((node.type === 'FunctionExpression' || node.type === 'ClassExpression') && !node.id)
  );
}
