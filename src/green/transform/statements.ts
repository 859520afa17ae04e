// Where a statement needs its semicolon: what a line break ended in the source is on a line with others in a twin.

import type { Node } from './parse.ts';

/** The statement that a statement ends with. */
export function lastStatement(node: Node): Node {
  switch (node.type) {
    case 'IfStatement':
      return lastStatement(node.alternate ?? node.consequent);
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'LabeledStatement':
    case 'WithStatement':
      return lastStatement(node.body);
    case 'SwitchCase':
      return node.consequent.length > 0 ? lastStatement(node.consequent.at(-1)!) : node;
    default:
      return node;
  }
}

/** Statements that a line break may end. */
export function endsInSemicolon(node: Node): boolean {
  switch (node.type) {
    case 'ExpressionStatement':
    case 'VariableDeclaration':
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'DebuggerStatement':
    case 'DoWhileStatement':
    case 'PropertyDefinition':
      return true;
    default:
      return false;
  }
}
