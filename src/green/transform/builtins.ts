// Calls of the language's own functions that cannot suspend: none of them has a twin, and none calls back what has.

import type { Call } from './functions.ts';
import type { Node } from './parse.ts';

/** Global functions. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'Array BigInt Boolean Date Error EvalError Function Number Object RangeError ReferenceError RegExp String ' +
    'Symbol SyntaxError TypeError URIError decodeURI decodeURIComponent encodeURI encodeURIComponent escape ' +
    'isFinite isNaN parseFloat parseInt unescape atob btoa structuredClone clearTimeout clearInterval ' +
    'clearImmediate require'
  ).split(' '),
);

/** Methods of global objects; `*` for all of them. */
const METHODS: Readonly<Record<string, string>> = {
  Math: '*',
  JSON: '*',
  Number: '*',
  String: '*',
  Symbol: '*',
  BigInt: '*',
  console: '*',
  Date: '*',
  Error: '*',
  Intl: '*',
  Object:
    'assign create defineProperties defineProperty entries freeze fromEntries getOwnPropertyDescriptor ' +
    'getOwnPropertyDescriptors getOwnPropertyNames getOwnPropertySymbols getPrototypeOf hasOwn is isExtensible ' +
    'isFrozen isSealed keys preventExtensions seal setPrototypeOf values',
  Reflect: 'defineProperty deleteProperty get getPrototypeOf has isExtensible ownKeys set setPrototypeOf',
  Array: 'isArray of',
  ArrayBuffer: 'isView',
  Buffer: 'alloc allocUnsafe byteLength compare concat from isBuffer isEncoding',
  Promise: 'all allSettled any race reject resolve withResolvers',
  performance: 'now mark',
  process: 'cwd hrtime memoryUsage uptime',
};

const SAFE_METHODS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(METHODS).map(([name, methods]) => [name, new Set(methods.split(' '))]),
);

/** Methods of strings, without those that call back. */
const STRING_METHODS: ReadonlySet<string> = new Set(
  (
    'at charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf padEnd padStart repeat slice ' +
    'split startsWith substring toLowerCase toUpperCase trim trimEnd trimStart toString'
  ).split(' '),
);

export function neverSuspends({ node, scope }: Call): boolean {
  const { callee } = node;
  if (callee.type === 'Identifier')
    return FUNCTIONS.has(callee.name) && scope.lookup(callee.name) === undefined;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier')
    return false;
  const { object, property } = callee;
  if (object.type === 'Identifier') {
    const methods = SAFE_METHODS.get(object.name);
    return (
      methods !== undefined &&
      (methods.has(property.name) || methods.has('*')) &&
      scope.lookup(object.name) === undefined
    );
  }
  return isString(object) && STRING_METHODS.has(property.name);
}

function isString(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}
