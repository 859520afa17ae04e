// The names that emitted code adds to a module: none of them can be one of the module's own.

import { type EmittedRuntime, RUNTIME } from './emitted.ts';
import type { Format } from './parse.ts';

const SUFFIXES: Readonly<Record<keyof EmittedRuntime, string>> = {
  twin: 't',
  attachHidden: 'h',
  attachWaiting: 'u',
  attachWaitingHidden: 'g',
  attachMethod: 'm',
  moveMethod: 'v',
  call: 'c',
  start: 's',
  Pending: 'p',
  root: 'r',
  enter: 'e',
  callForeign: 'o',
  notFunction: 'n',
  named: 'd',
};

/**
 * Functions of a module that is in a circle of imports can be called before the module is evaluated. What plain code and
 * async functions need is then declared as functions, which exist by then, and does without the runtime: what is made
 * before has no twin.
 */
const EARLY: Partial<Record<keyof EmittedRuntime, (name: string, runtime: string, root: string) => string>> =
  {
    attachHidden: (name, runtime) =>
      `function ${name}(f,t){return ${runtime}===void 0?f:${runtime}.attachHidden(f,t)}`,
    attachWaiting: (name, runtime) =>
      `function ${name}(f){return ${runtime}===void 0?f:${runtime}.attachWaiting(f)}`,
    attachWaitingHidden: (name, runtime) =>
      `function ${name}(f){return ${runtime}===void 0?f:${runtime}.attachWaitingHidden(f)}`,
    attachMethod: (name, runtime) =>
      `function ${name}(o,k,t){${runtime}===void 0||${runtime}.attachMethod(o,k,t)}`,
    moveMethod: (name, runtime) =>
      `function ${name}(o,k,t){${runtime}===void 0?delete o[t]:${runtime}.moveMethod(o,k,t)}`,
    root: (name, runtime) => `function ${name}(){return ${runtime}!==void 0&&${runtime}.root()}`,
    call: (name, _, root) => `function ${name}(f,o,...a){return ${root}.Reflect.apply(f,o,a)}`,
    notFunction: (name, _, root) =>
      `function ${name}(t){const e=new ${root}.TypeError(t+" is not a function");` +
      `${root}.Error.captureStackTrace(e,${name});throw e}`,
  };

export class Names {
  readonly prefix: string;
  #templates = 0;
  #identity = false;
  #callable = false;
  #attaches = false;
  readonly #used = new Set<keyof EmittedRuntime>();
  readonly #early = new Set<keyof EmittedRuntime>();

  constructor(source: string) {
    let prefix = '$g';
    while (source.includes(prefix)) prefix += '_';
    this.prefix = prefix;
  }

  /** The local name of something of the runtime's, in a twin: twins run once their module has been evaluated. */
  of(part: keyof EmittedRuntime): string {
    this.#used.add(part);
    return this.prefix + SUFFIXES[part];
  }

  /** The same in code that may run before. */
  early(part: keyof EmittedRuntime): string {
    this.#early.add(part);
    return this.prefix + SUFFIXES[part].toUpperCase();
  }

  /** The object that a tag gets for a template of these strings: made once, as for a template in the source. */
  template(cooked: string, raw: string): string {
    const index = this.#templates;
    this.#templates += 1;
    return `${this.prefix}l[${index}]??=${this.prefix}k([${cooked}],[${raw}])`;
  }

  /** A function that returns its argument. */
  identity(): string {
    this.#identity = true;
    return `${this.prefix}i`;
  }

  /**
   * A function that gives a function its twin, for what is made often. Each module has its own: the engine learns for each
   * what functions it is used for, and one for all would be used for too many kinds.
   */
  attach(): string {
    this.#attaches = true;
    this.of('twin');
    return `${this.prefix}A`;
  }

  /** A function that returns its argument, if that can be called; else a function that says so once it is called. */
  callable(): string {
    this.#callable = true;
    this.of('notFunction');
    return `${this.prefix}b`;
  }

  /** The statement that takes from the runtime what was used. */
  prologue(format: Format, declaresGlobalThis: boolean): string {
    const runtime = this.prefix;
    const root = declaresGlobalThis ? 'Function("return this")()' : 'globalThis';
    const from = `${runtime}=${root}[${root}.Symbol.for(${JSON.stringify(RUNTIME)})]`;
    const parts = [from];
    const early: string[] = [];
    for (const part of this.#used) parts.push(`${runtime}${SUFFIXES[part]}=${runtime}.${part}`);
    for (const part of this.#early) {
      const name = runtime + SUFFIXES[part].toUpperCase();
      const declared = EARLY[part];
      if (format === 'module' && declared !== undefined) early.push(declared(name, runtime, root));
      else parts.push(`${name}=${runtime}.${part}`);
    }
    if (this.#identity) early.push(`function ${runtime}i(v){return v}`);
    if (this.#attaches) {
      const attach = `f[${runtime}t]=t;t.owner=f`;
      const guarded = format === 'module' ? `if(${runtime}!==void 0){${attach}}` : attach;
      early.push(`function ${runtime}A(f,t){${guarded};return f}`);
    }
    if (this.#callable)
      early.push(
        `function ${runtime}b(f,n){return typeof f==="function"?f:()=>${this.of('notFunction')}(n)}`,
      );
    if (this.#templates > 0) {
      parts.push(`${runtime}l=[]`);
      early.push(
        `function ${runtime}k(c,r){const O=${root}.Object;` +
          'return O.freeze(O.defineProperty(c,"raw",{value:O.freeze(r)}))}',
      );
    }
    return `${format === 'module' ? 'var' : 'const'} ${parts.join(',')};${early.join('')}`;
  }
}

/** The temporary variables of one twin, reused as a stack. */
export class Temporaries {
  readonly #prefix: string;
  #depth = 0;
  #most = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  take(): string {
    this.#depth += 1;
    this.#most = Math.max(this.#most, this.#depth);
    return `${this.#prefix}${this.#depth}`;
  }

  /** How many are taken; what `release` goes back to. */
  get depth(): number {
    return this.#depth;
  }

  release(depth: number): void {
    this.#depth = depth;
  }

  declaration(): string {
    if (this.#most === 0) return '';
    return `let ${Array.from({ length: this.#most }, (_, index) => `${this.#prefix}${index + 1}`).join(',')};`;
  }
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const RESERVED = new Set(
  (
    'arguments async await break case catch class const continue debugger default delete do else enum eval export ' +
    'extends false finally for function if implements import in instanceof interface let new null package private ' +
    'protected public return static super switch this throw true try typeof undefined var void while with yield'
  ).split(' '),
);

/** Whether a function expression can have that name. */
export function isBindingName(name: string): boolean {
  return IDENTIFIER.test(name) && !RESERVED.has(name);
}

/** What an object literal has before a value, and what is behind the literal, for the value to get a name and come out. */
export function naming(name: string): { readonly open: string; readonly close: string } {
  if (IDENTIFIER.test(name) && name !== '__proto__') return { open: `{${name}:`, close: `}.${name}` };
  const text = JSON.stringify(name);
  return { open: `{[${text}]:`, close: `}[${text}]` };
}
