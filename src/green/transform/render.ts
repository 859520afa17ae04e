// The text of a node, with what is emitted around and instead of it. Plain code is copied as it is, every line where it
// was; what is rendered for a twin is flat: on one line, which is the last of the function it belongs to.

import { renderCall } from './calls.ts';
import type { Closures } from './captures.ts';
import { renderChain } from './chains.ts';
import type { Decisions } from './decide.ts';
import {
  renderAssigned,
  renderAttach,
  renderClassBody,
  renderFunction,
  renderMethodTwin,
  renderObjectMethod,
} from './emit.ts';
import type { Analysis, FunctionInfo } from './functions.ts';
import type { Hoisted } from './hoist.ts';
import { type Names, Temporaries } from './names.ts';
import { type Outer, renderOuter } from './outer.ts';
import type { Output, Piece } from './output.ts';
import { anyWithin, BREAK, type FunctionNode, type Lines, type Node, type Of } from './parse.ts';
import { directivesOf, isFunctionNode } from './patterns.ts';
import { endsInSemicolon, lastStatement } from './statements.ts';
import { renderTag, renderTemplate } from './templates.ts';
import { childrenOf } from './walk.ts';

/** White space and comments, those of HTML too: as operators, `<!--` and `-->` are of several nodes. */
const BETWEEN = /(?:\s|\/\*[\s\S]*?\*\/|(?:\/\/|<!--|-->)[^\n\r\u2028\u2029]*)+/g;

/** How a node is rendered. */
export interface Context {
  /** What becomes of calls: nothing, `yield*`, or `await` where it must. */
  readonly mode: 'plain' | 'twin' | 'async';
  readonly flat: boolean;
  /** What stands for `arguments`, in an arrow function's twin. */
  readonly args: string | undefined;
  readonly temporaries: Temporaries | undefined;
  /** Variables of functions around a lifted twin, in it. */
  readonly outer?: Outer | undefined;
}

export class Renderer {
  readonly source: string;
  readonly lines: Lines;
  readonly analysis: Analysis;
  readonly decisions: Decisions;
  readonly names: Names;
  readonly output: Output;
  readonly closures: Closures;
  readonly hoisted = new Map<FunctionInfo, Hoisted>();
  /** Where the twins are put that are lifted to a function that runs once, or to the module. */
  readonly places = new Map<FunctionInfo | undefined, Piece[]>();
  /** Where something is emitted whatever the mode; and where a call is rewritten. Ascending. */
  readonly #changes: number[];
  readonly #calls: number[];

  constructor(
    source: string,
    lines: Lines,
    analysis: Analysis,
    decisions: Decisions,
    names: Names,
    output: Output,
    closures: Closures,
  ) {
    this.lines = lines;
    this.source = source;
    this.analysis = analysis;
    this.decisions = decisions;
    this.names = names;
    this.output = output;
    this.closures = closures;
    this.#changes = analysis.all
      .filter((info) => info.twin || info.waits || info.rewritten)
      .map((info) => info.start)
      .sort((a, b) => a - b);
    this.#calls = [...decisions.dispatches.keys()].map((node) => node.start).sort((a, b) => a - b);
  }

  temporaries(): Temporaries {
    return new Temporaries(this.names.prefix);
  }

  /** Whether anything in `[start, end)` isn't copied as it is. */
  changes(start: number, end: number, context: Context): boolean {
    return this.rewrites(start, end, context) || anyWithin(context.outer?.positions, start, end);
  }

  /** As `changes`, but for variables of lifted twins. */
  rewrites(start: number, end: number, context: Context): boolean {
    return (
      anyWithin(this.#changes, start, end) ||
      (context.mode !== 'plain' && anyWithin(this.#calls, start, end)) ||
      (context.args !== undefined && anyWithin(this.analysis.references.get('arguments'), start, end))
    );
  }

  /** What is between nodes: punctuation, keywords, white space and comments. */
  gap(start: number, end: number, context: Context): void {
    if (start >= end) return;
    if (!context.flat) {
      this.output.copy(start, end);
      return;
    }
    const text = this.source.slice(start, end);
    let from = start;
    BETWEEN.lastIndex = 0;
    for (let match = BETWEEN.exec(text); match !== null; match = BETWEEN.exec(text)) {
      if (match[0] === ' ') continue;
      this.output.copy(from, start + match.index);
      this.output.put(' ');
      from = start + match.index + match[0].length;
    }
    this.output.copy(from, end);
  }

  render(node: Node, context: Context): void {
    const { start, end } = node;
    const copies =
      !this.changes(start, end, context) && (!context.flat || !BREAK.test(this.source.slice(start, end)));
    if (copies) this.output.copy(start, end);
    else this.#node(node, context);
    const last = copies ? lastStatement(node) : node;
    if ((context.flat || context.mode !== 'plain') && endsInSemicolon(last) && this.source[end - 1] !== ';')
      this.output.put(';');
  }

  /** An expression where only an assignment expression may stand. */
  operand(node: Node, context: Context): void {
    if (node.type !== 'SequenceExpression') {
      this.render(node, context);
      return;
    }
    this.output.put('(');
    this.render(node, context);
    this.output.put(')');
  }

  children(node: Node, context: Context): void {
    this.rest(node, node.start, context);
  }

  /** The part of a node that is behind `from`. */
  rest(node: Node, start: number, context: Context): void {
    let from = start;
    for (const child of childrenOf(node)) {
      if (child.start < from) continue;
      this.gap(from, child.start, context);
      if (child.type === 'VariableDeclaration' && /^For/.test(node.type)) {
        if (this.changes(child.start, child.end, context) || context.flat) this.#node(child, context);
        else this.output.copy(child.start, child.end);
      } else this.render(child, context);
      from = child.end;
    }
    this.gap(from, node.end, context);
  }

  #node(node: Node, context: Context): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        renderFunction(this, node, context);
        return;
      case 'CallExpression':
        if (context.mode !== 'plain' && renderCall(this, node, context)) return;
        break;
      case 'ChainExpression':
        if (context.mode !== 'plain' && renderChain(this, node, context)) return;
        break;
      case 'BlockStatement':
        this.body(node, context);
        return;
      case 'StaticBlock':
        this.body(node, { ...context, mode: 'plain', args: undefined });
        return;
      case 'SwitchCase':
        this.#case(node, context);
        return;
      case 'ClassBody':
        renderClassBody(this, node, context);
        return;
      case 'MethodDefinition':
        this.#definition(node, context, context);
        renderMethodTwin(this, node, context);
        return;
      case 'PropertyDefinition': {
        const plain: Context = { ...context, mode: 'plain', args: undefined, temporaries: undefined };
        this.#definition(node, context, plain);
        return;
      }
      case 'Property':
        if (node.value.type === 'FunctionExpression' && renderObjectMethod(this, node, context)) return;
        if (renderOuter(this, node, context)) return;
        if (!node.shorthand) this.#definition(node, context, context);
        else if (node.value.type !== 'Identifier') this.render(node.value, context);
        else if (node.value.name === 'arguments' && context.args !== undefined)
          this.output.put(`arguments:${context.args}`, node.start);
        else this.output.copy(node.start, node.end);
        return;
      case 'MemberExpression':
        this.gap(node.start, node.object.start, context);
        this.render(node.object, context);
        this.gap(node.object.end, node.property.start, context);
        if (node.computed) this.render(node.property, context);
        else this.output.copy(node.property.start, node.property.end);
        this.gap(node.property.end, node.end, context);
        return;
      case 'Identifier':
        if (renderOuter(this, node, context)) return;
        if (node.name === 'arguments' && context.args !== undefined)
          this.output.put(context.args, node.start);
        else this.output.copy(node.start, node.end);
        return;
      case 'AssignmentExpression':
        if (renderOuter(this, node, context) || renderAssigned(this, node, context)) return;
        break;
      case 'UnaryExpression':
        if (node.operator === 'delete' && node.argument.type === 'ChainExpression') {
          this.children(node, { ...context, mode: 'plain' });
          return;
        }
        break;
      case 'TaggedTemplateExpression':
        this.gap(node.start, node.tag.start, context);
        this.render(node.tag, { ...context, mode: calls(node.tag) ? context.mode : 'plain' });
        this.gap(node.tag.end, node.quasi.start, context);
        if (context.flat && BREAK.test(this.source.slice(node.quasi.start, node.quasi.end))) {
          renderTag(this, node.quasi, context);
          return;
        }
        renderTemplate(this, node.quasi, context, true);
        return;
      case 'TemplateLiteral':
        renderTemplate(this, node, context, false);
        return;
      case 'Literal':
        if (context.flat && typeof node.value === 'string')
          this.output.put(
            this.source.slice(node.start, node.end).replaceAll(/\\(?:\r\n|[\n\r\u2028\u2029])/g, ''),
            node.start,
          );
        else this.output.copy(node.start, node.end);
        return;
      default:
    }
    if (renderOuter(this, node, context)) return;
    this.children(node, context);
  }

  /** Functions that a `case` declares get their twins where it begins. */
  #case(node: Of<'SwitchCase'>, context: Context): void {
    let from = node.start;
    for (const each of childrenOf(node)) {
      this.gap(from, each.start, context);
      if (each === node.consequent[0])
        for (const fn of node.consequent) if (isFunctionNode(fn)) renderAttach(this, fn, context);
      this.render(each, context);
      from = each.end;
    }
    this.gap(from, node.end, context);
  }

  /** Something with a key, and perhaps a value. */
  #definition(
    node: Of<'Property'> | Of<'MethodDefinition'> | Of<'PropertyDefinition'>,
    context: Context,
    valueContext: Context,
  ): void {
    const { key, value } = node;
    this.gap(node.start, key.start, context);
    if (node.computed || key.type === 'Literal') this.render(key, context);
    else this.output.copy(key.start, key.end);
    if (value) {
      this.gap(key.end, value.start, context);
      this.render(value, valueContext);
    }
    this.gap(value ? value.end : key.end, node.end, context);
  }

  /**
   * A block: its directives, then what must come first (`before`, the twins of the functions it declares), then its other
   * statements.
   */
  body<T>(node: Of<'BlockStatement'> | Of<'StaticBlock'>, context: Context, before?: () => T): T | undefined {
    const statements: readonly Node[] = node.body;
    let made: T | undefined;
    const directives = before === undefined ? [] : directivesOf(statements);
    const open = this.source.indexOf('{', node.start) + 1;
    let from = open;
    this.gap(node.start, open, context);
    const close = (): void => {
      made = before?.();
      for (const each of statements) if (isFunctionNode(each)) renderAttach(this, each, context);
    };
    if (directives.length === 0) close();
    for (const [index, each] of statements.entries()) {
      this.gap(from, each.start, context);
      this.render(each, context);
      if (index === directives.length - 1) {
        if (this.source[each.end - 1] !== ';') this.output.put(';');
        close();
      }
      from = each.end;
    }
    this.gap(from, node.end, context);
    return made;
  }

  /** Callees that can be repeated: on one line, so that lines stay where they are. */
  repeat(node: Node): void {
    this.render(node, { mode: 'plain', flat: true, args: undefined, temporaries: undefined });
  }

  /** Whether a node names a variable that a lifted twin is given by reference. */
  namesOuter({ start, end }: Node, { outer }: Context): boolean {
    return anyWithin(outer?.positions, start, end);
  }

  /** The line breaks of a stretch that isn't copied, where lines are kept. */
  breaks(start: number, end: number, context: Context): void {
    if (context.flat) return;
    const lost = this.source.slice(start, end).match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0;
    if (lost > 0) this.output.put('\n'.repeat(lost));
  }

  /** Whether the name stands anywhere in `[start, end)`, but at `except`; direct eval may mean any name. */
  refersTo(name: string, start: number, end: number, except = -1): boolean {
    const { references, evaluates } = this.analysis;
    const places = references.get(name)?.filter((each) => each !== except);
    return evaluates || anyWithin(places, start, end);
  }

  /** The offset behind the `=>` that is between two offsets. */
  arrow(start: number, end: number): number {
    for (const match of this.source.slice(start, end).matchAll(/\/\*[\s\S]*?\*\/|\/\/.*|=>/g))
      if (match[0] === '=>') return start + match.index + 2;
    return end;
  }

  /** Functions that the block of `statements` declares, exported ones too. */
  declared(statements: readonly Node[]): FunctionNode[] {
    return statements.flatMap((each) => {
      if (each.type === 'ExportNamedDeclaration' || each.type === 'ExportDefaultDeclaration') {
        const { declaration } = each;
        return declaration?.type === 'FunctionDeclaration' ? [declaration] : [];
      }
      return each.type === 'FunctionDeclaration' ? [each] : [];
    });
  }
}

/** Whether a tag's own calls are of its inside only: `a.b()` in `a.b().c`. */
function calls(tag: Node): boolean {
  return tag.type !== 'ChainExpression';
}
