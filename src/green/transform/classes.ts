// The analysis of a class: its methods are functions, its fields' initialisers and static blocks are code of their own, and
// its private names are known to its inside alone.

import type { Analyser } from './analyse.ts';
import { describe, type FunctionInfo, type Role } from './functions.ts';
import type { ClassNode, Node, Of } from './parse.ts';
import { keyName } from './patterns.ts';
import { Scope } from './scope.ts';
import { type Around, inner, ONCE, type PrivateMethods } from './surroundings.ts';

export function analyseClass(analyser: Analyser, node: ClassNode, around: Around): void {
  let { scope } = around;
  const unsure = around.parent?.type === 'SwitchCase';
  if (node.type === 'ClassDeclaration' && node.id)
    scope.declare(node.id.name, 'class', { ready: node.end, unsure });
  if (node.id) {
    scope = new Scope(scope, false);
    // Its methods find its name to be initialised; what its computed keys call doesn't.
    const entry = node.body.body.every((each) => each.type === 'StaticBlock' || !each.computed);
    scope.declare(node.id.name, 'class', { ready: entry ? node.body.start : node.end, entry });
  }
  const outside: Around = { ...inner(around), scope, strict: true, parent: node };
  if (node.superClass) analyser.visit(node.superClass, outside);
  const names = new Map<string, FunctionInfo | undefined>();
  const methods: PrivateMethods = { names, outer: around.methods };
  const inside: Around = { ...outside, methods };
  const initialiser = (of: Node): Around => {
    const own = new Scope(scope, true);
    const { fn: parent } = around;
    const single = parent === undefined || parent.refusal === ONCE;
    const fn = describe({ role: 'initialiser', parent, start: of.start, scope: own, single });
    return { ...inside, fn, scope: own, loops: false };
  };
  const found: FunctionInfo[] = [];
  analyser.classes.set(node.body, found);
  for (const each of node.body.body) {
    if (each.type === 'StaticBlock') {
      const own: Around = { ...initialiser(each), parent: each };
      for (const statement of each.body) analyser.visit(statement, own);
      continue;
    }
    const { key } = each;
    if (each.computed) analyser.visit(key, inside);
    if (key.type === 'PrivateIdentifier' && !names.has(key.name)) names.set(key.name, undefined);
    const inferred = keyName(each);
    if (each.type === 'PropertyDefinition') {
      if (!each.value) continue;
      analyser.visit(each.value, { ...initialiser(each.value), inferred });
      continue;
    }
    const role = roleOf(each);
    analyser.visit(each.value, { ...inside, role, method: each, inferred });
    const info = analyser.functions.get(each.value)!;
    found.push(info);
    if (role === 'private method') names.set((key as Of<'PrivateIdentifier'>).name, info);
  }
}

function roleOf({ kind, key }: Of<'MethodDefinition'>): Role {
  switch (kind) {
    case 'get':
      return 'getter';
    case 'set':
      return 'setter';
    case 'constructor':
      return 'constructor';
    default:
      return key.type === 'PrivateIdentifier' ? 'private method' : 'class method';
  }
}
