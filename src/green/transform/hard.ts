// Where a variable's name is part of what an error says ("list is not iterable"), or something other than its value is
// meant: what cannot be written as a call that returns the value.

import type { Node, Of } from './parse.ts';
import { bindingsOf, isFunctionNode } from './patterns.ts';
import { childrenOf } from './walk.ts';

/** Always; or where a call is made in the original words, as in plain code. */
export type Saying = 'always' | 'call';

/** By the offset of each identifier that is named. */
export function sayingsOf(program: Of<'Program'>): ReadonlyMap<number, Saying> {
  const found = new Map<number, Saying>();
  const visit = (node: Node, saying: Saying | undefined): void => {
    if (node.type === 'Identifier') {
      if (saying !== undefined && found.get(node.start) !== 'always') found.set(node.start, saying);
      return;
    }
    const inside = isFunctionNode(node) || node.type === 'ClassBody' ? undefined : saying;
    const named = namedIn(node);
    for (const child of childrenOf(node))
      visit(child, inside === 'always' ? inside : (named.get(child) ?? inside));
  };
  visit(program, undefined);
  return found;
}

/** The children of `node` that its errors name, or that are no values. */
function namedIn(node: Node): ReadonlyMap<Node, Saying> {
  const found = new Map<Node, Saying>();
  const always = (...nodes: (Node | null | undefined)[]): void => {
    for (const each of nodes) if (each) found.set(each, 'always');
  };
  switch (node.type) {
    case 'AssignmentExpression':
      if (node.left.type !== 'Identifier' && node.left.type !== 'MemberExpression') {
        always(node.right);
        if (namesVariable(node.left)) always(node.left);
      }
      break;
    case 'AssignmentPattern':
      if (node.left.type !== 'Identifier') always(node.right);
      break;
    case 'VariableDeclarator':
      if (node.id.type !== 'Identifier') always(node.init);
      break;
    case 'ForOfStatement':
      always(node.right);
      if (namesVariable(node.left)) always(node.left);
      break;
    case 'ForInStatement':
      if (namesVariable(node.left)) always(node.left);
      break;
    case 'SpreadElement':
      always(node.argument);
      break;
    case 'NewExpression':
      always(node.callee);
      break;
    case 'TaggedTemplateExpression':
      always(node.tag);
      break;
    case 'YieldExpression':
      if (node.delegate) always(node.argument);
      break;
    case 'UnaryExpression':
      if (node.operator === 'delete') always(node.argument);
      break;
    case 'CallExpression':
      // What is called by its name alone is called in other words.
      if (node.callee.type !== 'Identifier' || node.optional) found.set(node.callee, 'call');
      break;
    default:
  }
  return found;
}

function namesVariable(pattern: Node): boolean {
  return bindingsOf(pattern).some((each) => each.type === 'Identifier');
}
