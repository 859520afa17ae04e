// Gives the functions of a module their twins. The loader calls this with JavaScript (types are stripped before):
//
//   parse.ts → analyse.ts, classes.ts, scope.ts: functions, calls, names, writes
//            → decide.ts, builtins.ts: who gets a twin, and why the others do not
//            → render.ts and emit.ts (functions), calls.ts, chains.ts, arguments.ts (calls) → output.ts: code and source map
//
// Plain bodies keep their text and their lines. What the emitted code takes from the runtime is `EmittedRuntime`.

import { Analyser } from './analyse.ts';
import { Closures } from './captures.ts';
import { decide, type Known } from './decide.ts';
import { renderAttach } from './emit.ts';
import { Names } from './names.ts';
import { Output, type SourceMap } from './output.ts';
import { type Format, GreenSyntaxError, Lines, type Of, parse } from './parse.ts';
import { directivesOf, isFunctionNode } from './patterns.ts';
import { type Context, Renderer } from './render.ts';
import { type FunctionReport, reportOf } from './report.ts';

export type { Known } from './decide.ts';
export { type EmittedRuntime, RUNTIME } from './emitted.ts';
export type { SourceMap } from './output.ts';
export type { FunctionReport, ModuleWrite } from './report.ts';
export { GreenSyntaxError };

export interface TransformOptions extends Known {
  /** For the source map and errors. */
  readonly url: string;
  readonly format: Format;
}

export interface Transformed {
  readonly code: string;
  readonly map: SourceMap;
  /** Every function of the module, in the order of the text. */
  readonly functions: readonly FunctionReport[];
}

/**
 * The module with twins; undefined where there is nothing to do.
 *
 * @throws GreenSyntaxError where the parser refuses it.
 * @example transform(source, { url: 'file:///app.js', format: 'module' })?.code
 */
export function transform(source: string, options: TransformOptions): Transformed | undefined {
  try {
    return transformed(source, options);
  } catch (error) {
    // The walk recurses, and machines write expressions of thousands of levels.
    if (!(error instanceof RangeError)) throw error;
    throw new GreenSyntaxError(options.url, 1, 'expressions nested too deeply to follow');
  }
}

function transformed(source: string, { url, format, ...known }: TransformOptions): Transformed | undefined {
  const program = parse(source, format, url) as Of<'Program'>;
  const lines = new Lines(source);
  const analysis = new Analyser(source, program);
  const decisions = decide(analysis, known);
  if (!analysis.all.some((info) => info.twin || info.waits || info.rewritten)) return undefined;
  const names = new Names(source);
  const output = new Output(source, lines);
  const closures = new Closures(analysis, program);
  const renderer = new Renderer(source, lines, analysis, decisions, names, output, closures);
  renderProgram(renderer, program, format);
  return {
    code: output.code(),
    map: output.map(url, analysis.marks),
    functions: reportOf(analysis, decisions, lines),
  };
}

/**
 * What `transform` would make of the functions, also where there is nothing to do.
 *
 * @throws GreenSyntaxError where the parser refuses it.
 */
export function inspect(source: string, { url, format, ...known }: TransformOptions): FunctionReport[] {
  const analysis = new Analyser(source, parse(source, format, url) as Of<'Program'>);
  return reportOf(analysis, decide(analysis, known), new Lines(source));
}

const PLAIN: Context = { mode: 'plain', flat: false, args: undefined, temporaries: undefined };

function renderProgram(r: Renderer, program: Of<'Program'>, format: Format): void {
  const { output, names } = r;
  const directives = directivesOf(program.body);
  const first = directives.at(-1)?.end ?? program.body[0]!.start;
  output.copy(0, first);
  if (directives.length > 0 && r.source[first - 1] !== ';') output.put(';');
  const slot = output.slot();
  r.places.set(undefined, output.place());
  for (const each of r.declared(program.body)) if (isFunctionNode(each)) renderAttach(r, each, PLAIN);
  let from = first;
  for (const each of program.body.slice(directives.length)) {
    output.copy(from, each.start);
    r.render(each, PLAIN);
    from = each.end;
  }
  output.copy(from, r.source.length);
  slot.text = names.prologue(format, r.analysis.top.has('globalThis'));
}
