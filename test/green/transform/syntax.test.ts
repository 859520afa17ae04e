// Every form that a program of JavaScript can have: TC39's tests for parsers, which are part of test262. Each program is
// the body of a function here, run as it is and as a twin that waits: the same calls, the same outcome. Those that are no
// programs are refused, in so many words.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { parse } from 'acorn';
import { GreenSyntaxError, RUNTIME, transform } from '../../../src/green/transform/index.ts';
import { attachHidden, twinOf } from '../../../src/green/twin.ts';
import { runToEnd, runtime } from './harness.ts';

const packaged = dirname(fileURLToPath(import.meta.resolve('test262-parser-tests/package.json')));

interface Program {
  readonly file: string;
  readonly text: string;
  readonly format: 'module' | 'commonjs';
}

function programsOf(folder: string): Program[] {
  return readdirSync(join(packaged, folder)).map((name) => ({
    file: `${folder}/${name}`,
    text: readFileSync(join(packaged, folder, name), 'utf8'),
    format: name.endsWith('.module.js') ? 'module' : 'commonjs',
  }));
}

/** Programs call these names, construct them, iterate over them and ask them for members. */
const NAMES = 'abcdefghijklmnopqrstuvwxyz';
/** A program that calls more often is one without an end. */
const MOST_CALLS = 50;
/** Of 3,962. The others are modules, bodies of no function, or have a name of their own for `yield`. */
const LEAST = 3_700;
/** Four or five in each. */
const MANY_WAITS = 15_000;

interface World {
  /** Programs that ran as twins. */
  readonly twins: number;
  /** How often these have waited. */
  readonly waits: number;
  /** Runs what `code` exports, and gives what came of it and what was called. */
  run(code: string): readonly string[];
}

/** Globals of its own: what programs leave there, the next ones find, in each world alike. */
function makeWorld(green: boolean): World {
  let log: string[] = [];
  let twins = 0;
  let waits = 0;
  const note = (text: string): void => {
    if (log.push(text) > MOST_CALLS) throw new Error('called too often');
  };
  function thing(...args: unknown[]): unknown {
    note(`called with ${args.length}`);
    return thing;
  }
  attachHidden(thing, function* (...args: unknown[]) {
    note(`called with ${args.length}`);
    waits++;
    yield;
    return thing;
  });
  Object.assign(thing, {
    *[Symbol.iterator]() {
      yield thing;
    },
  });
  for (const name of NAMES) Reflect.set(thing, name, thing);
  const context = vm.createContext({ [Symbol.for(RUNTIME)]: runtime });
  function go(main: () => unknown): unknown {
    const twin = green ? twinOf(main) : undefined;
    if (twin === undefined) return main();
    twins++;
    return runToEnd(twin.call(undefined) as Iterator<unknown, unknown>);
  }
  return {
    get twins() {
      return twins;
    },
    get waits() {
      return waits;
    },
    run(code) {
      log = [];
      for (const name of NAMES) Reflect.set(context, name, thing);
      Reflect.set(context, 'round', thing);
      const exports: { main?: () => unknown } = {};
      vm.compileFunction(code, ['exports'], { parsingContext: context })(exports);
      try {
        log.push(`returned ${typeof go(exports.main!)}`);
      } catch (error) {
        // How many steps of an expression V8 says so for differs, and means nothing.
        log.push(`threw ${String(error).replace(/(\(intermediate value\))+/, '(intermediate value)')}`);
      }
      return log;
    },
  };
}

function compiles(code: string): boolean {
  try {
    vm.compileFunction(code, ['exports']);
    return true;
  } catch {
    return false;
  }
}

/** `text` with a call in each round of its loops, such that none is without an end. */
function withEnds(text: string): string {
  const inserted: { at: number; text: string }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const child of Object.values(node)) visit(child);
    const { type, body } = node as { type?: string; body?: { start: number; end: number } };
    if (body === undefined || !/^(While|DoWhile|For)Statement$/.test(type ?? '')) return;
    inserted.push({ at: body.start, text: '{ round(); ' }, { at: body.end, text: ' }' });
  };
  visit(parse(text, { ecmaVersion: 'latest', allowHashBang: true }));
  let ended = text;
  for (const { at, text } of inserted.sort((one, other) => other.at - one.at))
    ended = ended.slice(0, at) + text + ended.slice(at);
  return ended;
}

it('every form of a program does as a twin what it does plain', () => {
  const [plain, green] = [makeWorld(false), makeWorld(true)];
  let ran = 0;
  for (const { file, text, format } of [...programsOf('pass'), ...programsOf('pass-explicit')]) {
    if (format === 'module') continue;
    const source = `exports.main = () => { a(); return function () { ${withEnds(text)}\n}.call(a()); };`;
    if (!compiles(source)) continue;
    ran++;
    // Undefined: sloppy code that has a name of its own for `yield`, or for `await`.
    const code = transform(source, { url: file, format })?.code ?? source;
    assert.ok(compiles(code), `${file} compiles`);
    assert.deepEqual(green.run(code), plain.run(source), `${file}\n${text}`);
  }
  assert.ok(green.twins > LEAST, `${ran} programs, ${green.twins} of them as twins`);
  assert.ok(green.waits > MANY_WAITS, `${green.waits} waits`);
});

it('every form of a module stays a module', () => {
  let seen = 0;
  for (const { file, text, format } of programsOf('pass')) {
    if (format !== 'module') continue;
    const source = `${text}\nexport function last(f) { return f(); }`;
    const code = transform(source, { url: file, format })?.code;
    assert.ok(code !== undefined, `${file} has a twin`);
    parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
    seen++;
  }
  assert.ok(seen > 0, 'there are modules');
});

it('what is no program is refused with its file and line, or left as it is', () => {
  for (const { file, text, format } of [...programsOf('fail'), ...programsOf('early')]) {
    try {
      transform(text, { url: file, format });
    } catch (error) {
      assert.ok(error instanceof GreenSyntaxError, `${file}: ${String(error)}`);
      assert.ok(error.message.includes(file), error.message);
    }
  }
});
