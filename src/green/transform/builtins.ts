// Calls of the language's own functions that cannot suspend: none of them has a twin, and none calls back what has.

import type { Call } from './functions.ts';
import type { Node } from './parse.ts';
import type { Scope } from './scope.ts';

/** Global functions. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'Array BigInt Boolean Date Error EvalError Function Number Object RangeError ReferenceError RegExp String ' +
    'Symbol SyntaxError TypeError URIError decodeURI decodeURIComponent encodeURI encodeURIComponent escape ' +
    'isFinite isNaN parseFloat parseInt unescape atob btoa structuredClone clearTimeout clearInterval ' +
    'clearImmediate queueMicrotask require setImmediate setInterval setTimeout'
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

/** Methods of what literals and `new` of the language's own classes make, without those that call back. */
const KINDS: Readonly<Record<string, string>> = {
  String:
    'at charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf padEnd padStart repeat slice ' +
    'split startsWith substring toLowerCase toUpperCase trim trimEnd trimStart toString',
  RegExp: 'exec test toString',
  Array:
    'at concat entries fill flat includes indexOf join keys lastIndexOf pop push reverse shift slice splice ' +
    'toReversed toSpliced unshift values with',
  Map: 'clear delete entries get has keys set values',
  Set: 'add clear delete entries has keys values',
  WeakMap: 'delete get has set',
  WeakSet: 'add delete has',
  Date: 'getTime toISOString toJSON toString toUTCString valueOf',
};

const KIND_METHODS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(KINDS).map(([name, methods]) => [name, new Set(methods.split(' '))]),
);

/** Methods that strings have, and hardly anything else: no twin is looked for, whatever they are called on. */
const PRIMITIVE_METHODS: ReadonlySet<string> = new Set(
  (
    'charAt charCodeAt codePointAt endsWith hasOwnProperty padEnd padStart startsWith substr substring toFixed ' +
    'toLowerCase toUpperCase trim trimEnd trimStart'
  ).split(' '),
);

export function neverSuspends({ node, scope }: Call): boolean {
  const { callee } = node;
  if (callee.type === 'Identifier')
    return FUNCTIONS.has(callee.name) && scope.lookup(callee.name) === undefined;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier')
    return false;
  const { object, property } = callee;
  if (PRIMITIVE_METHODS.has(property.name)) return true;
  const kind = kindOf(object, scope);
  if (kind !== undefined) return KIND_METHODS.get(kind)?.has(property.name) === true;
  if (object.type !== 'Identifier') return false;
  const methods = SAFE_METHODS.get(object.name);
  return (
    methods !== undefined &&
    (methods.has(property.name) || methods.has('*')) &&
    scope.lookup(object.name) === undefined
  );
}

/** The class of the language's own that the value of an expression is of, where the text tells. */
function kindOf(node: Node, scope: Scope): string | undefined {
  switch (node.type) {
    case 'TemplateLiteral':
      return 'String';
    case 'Literal':
      return node.regex !== undefined ? 'RegExp' : typeof node.value === 'string' ? 'String' : undefined;
    case 'ArrayExpression':
      return 'Array';
    case 'NewExpression': {
      const { callee } = node;
      const isKnown =
        callee.type === 'Identifier' && KIND_METHODS.has(callee.name) && callee.name !== 'String';
      return isKnown && scope.lookup(callee.name) === undefined ? callee.name : undefined;
    }
    case 'Identifier': {
      const binding = scope.lookup(node.name);
      if (binding?.constant === undefined || binding.reassigned || binding.constant.type === 'Identifier')
        return undefined;
      return kindOf(binding.constant, binding.scope);
    }
    default:
      return undefined;
  }
}
