// How V8 names what was called and isn't a function: `o.m`, `f(...)`, `(intermediate value)`. For calls whose callee cannot
// be evaluated again to have V8 say it.

import type { Node } from './parse.ts';

export function describeCallee(node: Node): string {
  switch (node.type) {
    case 'Identifier':
      return node.name;
    case 'ThisExpression':
      return 'this';
    case 'Super':
      return '(intermediate value)';
    case 'Literal':
      if (typeof node.value === 'string') return `"${node.value}"`;
      return node.value === null ? 'null' : node.regex === undefined ? String(node.value) : node.raw!;
    case 'ChainExpression':
      return describeCallee(node.expression);
    case 'MemberExpression': {
      const object = describeCallee(node.object);
      const { property } = node;
      if (property.type === 'PrivateIdentifier')
        return `${object}${node.optional ? '?' : ''}.#${property.name}`;
      if (!node.computed && property.type === 'Identifier')
        return `${object}${node.optional ? '?' : ''}.${property.name}`;
      if (property.type === 'Literal' && typeof property.value === 'string')
        return `${object}${node.optional ? '?' : ''}.${property.value}`;
      return `${object}${node.optional ? '?.' : ''}[${describeCallee(property)}]`;
    }
    case 'CallExpression':
      return `${describeCallee(node.callee)}(...)`;
    case 'UnaryExpression':
      return `(${node.operator}${/[a-z]/.test(node.operator) ? ' ' : ''}${describeCallee(node.argument)})`;
    case 'ArrayExpression':
      return `[${node.elements.map((each) => (each === null ? '' : describeCallee(each))).join(',')}]`;
    default:
      return '(intermediate value)';
  }
}

/** Whether evaluating `node` a second time changes nothing, but for getters. */
export function isRepeatable(node: Node): boolean {
  switch (node.type) {
    case 'Identifier':
    case 'ThisExpression':
    case 'Super':
    case 'Literal':
    case 'PrivateIdentifier':
      return true;
    case 'MemberExpression':
      return isRepeatable(node.object) && (!node.computed || isRepeatable(node.property));
    default:
      return false;
  }
}
