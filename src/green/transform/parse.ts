// Source text to syntax tree: acorn, and where in the text a line begins.

import { type AnyNode, type Program, parse as parseWith } from 'acorn';

export type Format = 'module' | 'commonjs';

/** A node of the tree. */
export type Node = AnyNode;
export type Of<T extends Node['type']> = Extract<Node, { type: T }>;
export type FunctionNode =
  | Of<'FunctionDeclaration'>
  | Of<'FunctionExpression'>
  | Of<'ArrowFunctionExpression'>;
export type ClassNode = Of<'ClassDeclaration'> | Of<'ClassExpression'>;

/** A module that the parser refuses. */
export class GreenSyntaxError extends SyntaxError {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: expected JavaScript, got: ${problem}; the module can only run as it is`);
    this.name = 'GreenSyntaxError';
    this.file = file;
    this.line = line;
  }
}

/** @throws GreenSyntaxError */
export function parse(source: string, format: Format, file: string): Program {
  try {
    return parseWith(source, {
      ecmaVersion: 'latest',
      sourceType: format,
      allowHashBang: true,
    });
  } catch (error) {
    const { loc, message } = error as { loc?: { line: number }; message: string };
    throw new GreenSyntaxError(file, loc?.line ?? 0, message.replace(/ \(\d+:\d+\)$/, ''));
  }
}

/** What ends a line. */
export const BREAK = /[\n\r\u2028\u2029]/;

/** Which line an offset is on. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(source: string) {
    for (const { index } of source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
      const end = source[index] === '\r' && source[index + 1] === '\n' ? index + 2 : index + 1;
      this.#starts.push(end);
    }
  }

  /** Zero-based. */
  lineOf(offset: number): number {
    return firstAfter(this.#starts, offset) - 1;
  }

  /** The offset at which a line begins. */
  startOf(line: number): number {
    return this.#starts[line] ?? Number.POSITIVE_INFINITY;
  }
}

/** The index of the first number of an ascending list that is greater than `value`. */
export function firstAfter(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether an ascending list has a number in `[start, end)`. */
export function anyWithin(list: readonly number[] | undefined, start: number, end: number): boolean {
  if (list === undefined) return false;
  return (list[firstAfter(list, start - 1)] ?? Number.POSITIVE_INFINITY) < end;
}
