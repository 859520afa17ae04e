// Why an app's file did not load: the error, the place in the person's own code with the line itself, and what to do
// about the mistakes that are made most. Called by `load-app.ts`.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

/** A place in a source file; line and column count from 1, a column of 0 is not known. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The failure as indented lines. `file` is the app's; paths are shown relative to `directory`. */
export function describeLoadFailure(error: unknown, file: string, directory: string): string {
  if (!(error instanceof Error)) return indent(`It threw ${inspect(error)}`);
  const place = findPlace(error, file);
  const parts = [`${error.name}: ${error.message}`];
  if (place !== undefined) parts.push(excerpt(place, directory));
  const advice = ADVICE.map((give) => give(error)).find((text) => text !== undefined);
  if (advice !== undefined) parts.push(advice);
  const frames = userFrames(error);
  if (frames.length > 1) parts.push(frames.join('\n'));
  if (error.cause instanceof Error) parts.push(`caused by ${error.cause.name}: ${error.cause.message}`);
  return indent(parts.join('\n'));
}

/** What to do, for errors that have a usual reason. */
const ADVICE: ReadonlyArray<(error: Error) => string | undefined> = [
  missingPackage,
  missingFile,
  unsupportedSyntax,
  moduleAsScript,
];

function missingPackage(error: Error): string | undefined {
  const name = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  return name === undefined ? undefined : `To install it: npm install ${name}`;
}

/** TypeScript lets `./routes.js` mean `routes.ts`; Node, which runs the sources as they are, does not. */
function missingFile(error: Error): string | undefined {
  const file = /^Cannot find module '([^']+)' imported from/.exec(error.message)?.[1];
  if (file === undefined) return undefined;
  const stem = file.replace(/\.[cm]?js$/, '');
  const meant = [`${stem}.ts`, `${stem}.js`, `${stem}.mts`, `${stem}/index.ts`, `${stem}/index.js`].find(
    (path) => existsSync(path),
  );
  return meant === undefined
    ? undefined
    : `There is ${meant}: imports name the file as it is, with its extension.`;
}

/** `npm init` writes `"type": "commonjs"`, under which Node reads a file with `export` as a script. */
function moduleAsScript(error: Error): string | undefined {
  const scripted = /^(?:Unexpected token 'export'|Cannot use import statement outside a module)/.test(
    error.message,
  );
  if (!scripted) return undefined;
  return 'The nearest package.json calls this a CommonJS file: set "type": "module" in it, or name the file .mts or .mjs.';
}

function unsupportedSyntax(error: Error): string | undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return undefined;
  return 'Node removes types and runs the rest: write it in plain syntax, or compile the app first.';
}

function findPlace(error: Error, file: string): SourcePlace | undefined {
  const frame = userFrames(error)[0];
  if (!(error instanceof SyntaxError)) return frame === undefined ? undefined : placeOf(frame);
  const inBanner = placeInBanner(error.stack ?? '');
  if (inBanner !== undefined) return inBanner;
  return frame === undefined ? placeByLinking(file) : placeOf(frame);
}

/**
 * A syntax error's stack begins with `file:line`, the line, and mostly a marker under it; where Node printed it, with a
 * place in Node itself before.
 */
function placeInBanner(text: string): SourcePlace | undefined {
  const head = /^((?:file:|\/|[A-Za-z]:\\).*?):(\d+)\r?\n/m.exec(text);
  if (head === null) return undefined;
  const [block = ''] = text.slice(head.index + head[0].length).split(/\r?\n\r?\n/);
  const marker = /^([ \t]*)\^+/m.exec(block);
  return {
    file: toPath(head[1]!),
    line: Number(head[2]),
    column: marker === null ? 0 : marker[1]!.length + 1,
  };
}

/**
 * V8 keeps the place of a syntax error in a module to itself until Node prints it at exit. Another process that
 * imports the same file prints it. Imports are linked before any of the code runs, so nothing of the app is executed.
 */
function placeByLinking(file: string): SourcePlace | undefined {
  const program = `import ${JSON.stringify(pathToFileURL(file).href)};`;
  const args = [...process.execArgv, '--input-type=module', '--eval', program];
  const child = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return placeInBanner(child.stderr ?? '');
}

/** Lines of the stack that are in the person's own files: what came before our code called. */
function userFrames(error: Error): string[] {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.findIndex(isOwn);
  return frames
    .slice(0, own === -1 ? frames.length : own)
    .filter((line) => !/\(?node:|node_modules|<anonymous>\)?$/.test(line))
    .map((line) => line.trim());
}

/** `src`, or `dist`. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url));

function isOwn(line: string): boolean {
  return line.includes(OWN_FOLDER) || line.includes(pathToFileURL(OWN_FOLDER).href);
}

function placeOf(frame: string): SourcePlace | undefined {
  const match = /(?:\(|^at (?:async )?)((?:file:|\/|[A-Za-z]:\\).*):(\d+):(\d+)\)?$/.exec(frame);
  return match === null
    ? undefined
    : { file: toPath(match[1]!), line: Number(match[2]), column: Number(match[3]) };
}

function toPath(text: string): string {
  return text.startsWith('file:') ? fileURLToPath(text) : text;
}

/**
 * The place, and the line with a marker under the column.
 *
 *     app.ts:3:9
 *       3 | const x = y;
 *         |           ^
 */
export function excerpt(place: SourcePlace, directory: string): string {
  const shown = relative(directory, place.file);
  const head = `${shown.startsWith('..') ? place.file : shown}:${place.line}${place.column > 0 ? `:${place.column}` : ''}`;
  const line = sourceLine(place);
  if (line === undefined) return head;
  const gutter = String(place.line);
  const marker =
    place.column > 0
      ? `\n  ${' '.repeat(gutter.length)} | ${line.slice(0, place.column - 1).replace(/\S/g, ' ')}^`
      : '';
  return `${head}\n  ${gutter} | ${line}${marker}`;
}

function sourceLine(place: SourcePlace): string | undefined {
  try {
    return readFileSync(place.file, 'utf8').split(/\r?\n/)[place.line - 1]?.slice(0, 200);
  } catch {
    return undefined;
  }
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
