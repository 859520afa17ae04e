// How V8 names what was called and isn't a function: `o.m`, `f(...)`, `(intermediate value)`. For calls whose callee cannot
// be evaluated again to have V8 say it.

import type { Node, Of } from './parse.ts';

const UNKNOWN = '(intermediate value)';

export function describeCallee(node: Node): string {
  switch (node.type) {
    case 'Identifier':
      return node.name;
    case 'ThisExpression':
      return 'this';
    case 'Literal':
      return describeLiteral(node);
    case 'ChainExpression':
      return describeCallee(node.expression);
    case 'MemberExpression':
      return describeMember(node);
    case 'CallExpression':
      return `${describeCallee(node.callee)}(...)`;
    case 'TaggedTemplateExpression':
      return `${describeCallee(node.tag)}(...)`;
    case 'TemplateLiteral':
      if (node.expressions.length === 0) return `"${node.quasis[0]?.value.cooked ?? ''}"`;
      return node.expressions.map(describeCallee).join('');
    case 'UnaryExpression': {
      const { operator, argument } = node;
      if (operator === '-' && argument.type === 'Literal') return `-${describeCallee(argument)}`;
      return `(${operator}${/[a-z]/.test(operator) ? ' ' : ''}${describeCallee(argument)})`;
    }
    case 'UpdateExpression': {
      const target = describeCallee(node.argument);
      return node.prefix ? `(${node.operator}${target})` : `(${target}${node.operator})`;
    }
    case 'BinaryExpression':
    case 'LogicalExpression':
      return `(${describeCallee(node.left)} ${node.operator} ${describeCallee(node.right)})`;
    case 'SequenceExpression':
      return `(${node.expressions.map(describeCallee).join(' , ')})`;
    case 'ConditionalExpression':
      return UNKNOWN.repeat(3);
    case 'AssignmentExpression':
      return describeCallee(node.left);
    case 'ArrayExpression':
      return `[${node.elements.map((each) => (each === null ? '' : describeCallee(each))).join(',')}]`;
    case 'ObjectExpression':
      return `{${UNKNOWN.repeat(node.properties.length)}}`;
    default:
      return UNKNOWN;
  }
}

function describeLiteral(node: Of<'Literal'>): string {
  if (typeof node.value === 'string') return `"${node.value}"`;
  if (typeof node.value === 'bigint') return UNKNOWN;
  if (node.value === null && node.regex === undefined) return 'null';
  return node.regex === undefined ? String(node.value) : (node.raw ?? UNKNOWN);
}

function describeMember(node: Of<'MemberExpression'>): string {
  const object = describeCallee(node.object);
  const { property } = node;
  const dot = node.optional ? '?.' : '.';
  if (property.type === 'PrivateIdentifier') return `${object}${dot}#${property.name}`;
  if (!node.computed && property.type === 'Identifier') return `${object}${dot}${property.name}`;
  const key = describeCallee(property);
  // A constant string between brackets is named as after a dot.
  const isText =
    (property.type === 'Literal' && typeof property.value === 'string') ||
    (property.type === 'TemplateLiteral' && property.expressions.length === 0);
  return isText ? `${object}${dot}${key.slice(1, -1)}` : `${object}${node.optional ? '?.' : ''}[${key}]`;
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
