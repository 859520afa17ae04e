// Questions about the shape of nodes that need no context: names, keys, binding patterns.

import type { Place, Role } from './functions.ts';
import type { FunctionNode, Node, Of } from './parse.ts';

export function isFunctionNode(node: Node | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression' ||
    node?.type === 'FunctionDeclaration'
  );
}

/** The identifiers (and, in an assignment, members) that a pattern gives values to. */
export function bindingsOf(pattern: Node): (Of<'Identifier'> | Of<'MemberExpression'>)[] {
  switch (pattern.type) {
    case 'Identifier':
    case 'MemberExpression':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) => bindingsOf(each));
    case 'ArrayPattern':
      return pattern.elements.flatMap((each) => (each === null ? [] : bindingsOf(each)));
    case 'Property':
      return bindingsOf(pattern.value);
    case 'RestElement':
      return bindingsOf(pattern.argument);
    case 'AssignmentPattern':
      return bindingsOf(pattern.left);
    case 'VariableDeclaration':
      return [];
    default:
      return [];
  }
}

/** The name that an assignment to `target` gives an anonymous function. */
export function nameOf(target: Node): string | undefined {
  return target.type === 'Identifier' ? target.name : undefined;
}

/** The property that `target` is of something, where it has a name. */
export function propertyOf(target: Node): string | undefined {
  if (target.type !== 'MemberExpression' || target.computed) return undefined;
  return target.property.type === 'Identifier' ? target.property.name : undefined;
}

/** The name that a definition gives its function, where that isn't computed. */
export function keyName(
  node: Of<'Property'> | Of<'MethodDefinition'> | Of<'PropertyDefinition'>,
): string | undefined {
  if (node.computed) return undefined;
  const { key } = node;
  if (key.type === 'Identifier') return key.name;
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  return key.type === 'Literal' ? String(key.value) : undefined;
}

export function hasUseStrict(body: readonly Node[]): boolean {
  return directivesOf(body).some((each) => each.directive === 'use strict');
}

export function directivesOf(body: readonly Node[]): Of<'ExpressionStatement'>[] {
  const found: Of<'ExpressionStatement'>[] = [];
  for (const each of body) {
    if (each.type !== 'ExpressionStatement' || each.directive === undefined) break;
    found.push(each);
  }
  return found;
}

/** The function that `callee` calls where it stands: `(function () {})()`, `(function () {}).call(this)`. */
export function calledDirectly(callee: Node): Node {
  if (
    callee.type === 'MemberExpression' &&
    isFunctionNode(callee.object) &&
    !callee.computed &&
    callee.property.type === 'Identifier' &&
    /^(call|apply)$/.test(callee.property.name)
  )
    return callee.object;
  return callee;
}

/** Whether a function looks like the wrapper that a bundler puts around a module. */
export function wrapsModule(node: FunctionNode): boolean {
  return node.params
    .slice(0, 3)
    .some((each) => each.type === 'Identifier' && /^(module|exports|__webpack_exports__)$/.test(each.name));
}

/** Where a function can be given its twin. */
export function placeOf(node: FunctionNode, role: Role, parent: Node | undefined): Place {
  if (role === 'class method' || role === 'private method') return 'class';
  if (role === 'getter' || role === 'setter' || role === 'constructor' || role === 'initialiser')
    return 'nowhere';
  if (node.type !== 'FunctionDeclaration') return 'around';
  switch (parent?.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return 'top';
    case 'SwitchCase':
      return 'behind';
    default:
      return 'nowhere';
  }
}

export function roleOf(node: FunctionNode): Role {
  if (node.type === 'ArrowFunctionExpression') return 'arrow';
  return node.type === 'FunctionDeclaration' && node.id !== null ? 'declaration' : 'expression';
}

/** Whether the body of `node` may refer to `name`. */
export function refersTo(source: string, node: FunctionNode, name: string): boolean {
  return source.slice(node.body.start, node.body.end).includes(name);
}
