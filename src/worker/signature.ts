// Whether a function that somebody exports answers a Request or writes to a response, without calling it. Both may have two
// parameters, so their names count, and what the body does with them. Used by app-shapes.ts.

export type Callee = 'class' | 'fetch' | 'node' | 'middleware' | 'plugin' | 'nullary';

interface Signature {
  /** '' for a pattern. */
  readonly names: readonly string[];
  readonly rest: boolean;
  readonly generator: boolean;
  readonly body: string;
  /** As `Function.prototype.length` has it. */
  readonly length: number;
}

const RESPONSE = /^_*(?:res|resp|response|reply|outgoing|serverresponse|\w+(?:Res|Resp|Response))$/i;
const FETCH_SECOND = /^_*(?:info|env|ctx|context|server|params|options|opts|init|event|bindings)$/i;
const NEXT = /^_*(?:next|done|nxt)$/i;
/** Fastify's convention: `fastify start` makes the app, and calls this with it. */
const APP_TO_EXTEND = /^_*fastify$/i;
const INCOMING = /^_*(?:incoming|incomingMessage)$/i;
const USED_AS_RESPONSE =
  '\\s*\\??\\.\\s*(?:end|write|writeHead|setHeaders?|statusCode|send|sendStatus|json|status|on|once|redirect|flushHeaders|headersSent)\\b';
const MAKES_RESPONSE = /\bnew\s+Response\b|\bResponse\s*\.\s*(?:json|error|redirect)\b/;

/** The first row that holds. */
const RULES: ReadonlyArray<readonly [is: Callee, when: (signature: Signature) => boolean]> = [
  ['fetch', ({ generator }) => generator],
  ['nullary', ({ names, rest, length }) => names.length === 0 && !rest && length === 0],
  ['plugin', ({ names, generator }) => !generator && APP_TO_EXTEND.test(names[0] ?? '')],
  ['middleware', ({ names }) => NEXT.test(names[1] ?? '')],
  ['node', ({ names }) => RESPONSE.test(names[1] ?? '') || INCOMING.test(names[0] ?? '')],
  ['node', ({ names }) => NEXT.test(names[2] ?? '')],
  ['fetch', ({ names }) => names[1] === '' || FETCH_SECOND.test(names[1] ?? '')],
  ['fetch', ({ names, rest }) => names.length === 1 && !rest],
  ['node', ({ names, body }) => body !== '' && usesAsResponse(body, names[1])],
  ['fetch', ({ body }) => MAKES_RESPONSE.test(body)],
  ['node', ({ length }) => length >= 2],
];

/** What `value` is, as far as it can be told; `fetch` where nothing speaks for anything else. */
export function classify(value: (...args: never[]) => unknown): Callee {
  const source = Function.prototype.toString.call(value);
  if (/^class\b/.test(source)) return 'class';
  const signature = readSignature(source, value.length);
  return RULES.find(([, when]) => when(signature))?.[0] ?? 'fetch';
}

function usesAsResponse(body: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  const escaped = name.replaceAll('$', '\\$');
  return new RegExp(`(?<![\\w$.])${escaped}${USED_AS_RESPONSE}|\\.pipe\\(\\s*${escaped}\\b`).test(body);
}

/**
 * Whether a function without parameters is to be taken for a handler that ignores its request, unseen. To call it and see
 * what comes is the other way; but who answers `new Response()`, and makes no app, would be called in vain.
 */
export function ignoresRequest(value: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(value);
  if (/^(?:handler?|fetch|GET|onRequest)$/.test(value.name)) return true;
  return (MAKES_RESPONSE.test(source) || /=>\s*fetch\(/.test(source)) && !MAKES_APP.test(source);
}

const MAKES_APP =
  /\b(?:express|fastify|koa|hono|h3|polka|connect|elysia|nestfactory|createserver|create\w*app|new\s+\w*(?:app|server|router|koa|hono|h3))\b|\.\s*(?:use|get|post|route|register|listen)\s*\(/i;

/** Reads what stands between the parentheses. Enough of the grammar for code that people write. */
function readSignature(source: string, length: number): Signature {
  const text = blank(source);
  const generator = /^(?:async\s+)?(?:function\s*)?\*/.test(text);
  const single = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(text);
  if (single !== null) {
    return { names: [single[1]!], rest: false, generator, body: text.slice(single[0].length), length };
  }
  const start = text.indexOf('(');
  const end = start === -1 ? -1 : closing(text, start);
  if (end === -1 || /\[native code\]/.test(source)) {
    return { names: Array<string>(length).fill('?'), rest: false, generator, body: '', length };
  }
  const parameters = split(text.slice(start + 1, end));
  const rest = parameters.some((parameter) => parameter.startsWith('...'));
  const names = parameters
    .filter((parameter) => !parameter.startsWith('...'))
    .map((parameter) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(parameter)?.[0] ?? '');
  return { names, rest, generator, body: text.slice(end + 1), length };
}

/** Comments and the insides of strings as spaces: parentheses and names in them mean nothing. */
function blank(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.startsWith('/') ? ' ' : found[0]! + found.at(-1)!,
  );
}

const OPENING = '([{';
const CLOSING = ')]}';

/** Where the bracket at `start` is closed. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (OPENING.includes(text[at]!)) depth++;
    else if (CLOSING.includes(text[at]!) && --depth === 0) return at;
  }
  return -1;
}

/** At the commas that are in no bracket. */
function split(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
