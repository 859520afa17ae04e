// One walk over a module: its functions and what they use, its calls, its scopes, its writes. Decides nothing
// (decide.ts does).

import { analyseClass } from './classes.ts';
import { type Call, describe, type FunctionInfo, type Role, type Use, type Write } from './functions.ts';
import type { FunctionNode, Node, Of } from './parse.ts';
import {
  bindingsOf,
  calledDirectly,
  hasUseStrict,
  isFunctionNode,
  keyName,
  nameOf,
  placeOf,
  propertyOf,
  refersTo,
  roleOf,
  wrapsModule,
} from './patterns.ts';
import { type Binding, type Declared, Scope } from './scope.ts';
import {
  type Around,
  findMethod,
  inner,
  mark,
  markPrivate,
  ONCE,
  type PrivateMethods,
  refuse,
  refuseAlias,
  refuseYield,
} from './surroundings.ts';
import { noteSteady, Variables } from './variables.ts';
import { childrenOf } from './walk.ts';

export class Analyser {
  readonly functions = new Map<Node, FunctionInfo>();
  readonly all: FunctionInfo[] = [];
  readonly classes = new Map<Node, FunctionInfo[]>();
  readonly writes: Write[] = [];
  readonly references = new Map<string, number[]>();
  readonly marks: number[] = [];
  readonly top = new Scope(undefined, true);
  readonly strict: boolean;
  readonly uses: readonly Use[];
  evaluates = false;
  readonly #source: string;
  readonly #calls: { call: Call; methods: PrivateMethods | undefined }[] = [];
  readonly #names = new Variables();

  constructor(source: string, program: Of<'Program'>) {
    this.#source = source;
    this.strict = program.sourceType === 'module' || hasUseStrict(program.body);
    const around: Around = {
      scope: this.top,
      fn: undefined,
      strict: this.strict,
      plain: false,
      inWith: false,
      loops: false,
      methods: undefined,
      parent: program,
    };
    for (const statement of program.body) this.visit(statement, around);
    this.uses = this.#names.resolve(this.top);
    for (const { call, methods } of this.#calls) {
      noteSteady(call, this.evaluates);
      const { callee } = call.node;
      if (callee.type === 'MemberExpression' && callee.property.type === 'PrivateIdentifier')
        call.method = findMethod(methods, callee.property.name);
    }
    this.marks.sort((a, b) => a - b);
    for (const each of this.references.values()) each.sort((a, b) => a - b);
  }

  /** The binding of a call's identifier. */
  resolve(call: Call): Binding | undefined {
    const { callee } = call.node;
    return callee.type === 'Identifier' ? call.scope.lookup(callee.name) : undefined;
  }

  #each(nodes: readonly (Node | null | undefined)[], around: Around): void {
    for (const node of nodes) if (node !== null && node !== undefined) this.visit(node, around);
  }

  #children(node: Node, around: Around): void {
    const inside = around.parent === node ? around : { ...inner(around), parent: node };
    this.#each(childrenOf(node), inside);
  }

  visit(node: Node, around: Around): void {
    switch (node.type) {
      case 'Identifier':
        this.#refer(node, around);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#function(node, around);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        analyseClass(this, node, around);
        return;
      case 'VariableDeclaration':
        this.#variables(node, around);
        return;
      case 'ImportDeclaration':
        for (const each of node.specifiers) around.scope.declare(each.local.name, 'import');
        return;
      case 'ExportNamedDeclaration':
        if (node.declaration) this.visit(node.declaration, { ...inner(around), parent: node });
        return;
      case 'ExportAllDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        if (node.type === 'MetaProperty' && node.meta.name === 'new') mark(around.fn, 'usesNewTarget');
        return;
      case 'ExportDefaultDeclaration':
        this.visit(node.declaration, { ...inner(around), inferred: 'default', parent: node });
        return;
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        if (
          (node.type === 'ForInStatement' || node.type === 'ForOfStatement') &&
          node.left.type !== 'VariableDeclaration'
        )
          this.#target(node.left, around);
        this.#children(node, {
          ...inner(around),
          scope: new Scope(around.scope, false),
          loops: around.loops || /^(?:For|While|DoWhile)/.test(node.type),
          parent: node,
        });
        return;
      case 'PrivateIdentifier':
        markPrivate(around.fn);
        return;
      case 'CatchClause': {
        const scope = new Scope(around.scope, false);
        if (node.param)
          this.#declare(node.param, 'let', scope, around, { ready: node.body.start, entry: true });
        this.#each(node.body.body, { ...inner(around), scope, parent: node.body });
        return;
      }
      case 'LabeledStatement':
        if (node.label.name === 'yield') refuseYield(around.fn);
        this.visit(node.body, { ...inner(around), parent: node });
        return;
      case 'WithStatement':
        refuse(around.fn, 'uses `with`');
        this.visit(node.object, inner(around));
        this.visit(node.body, { ...inner(around), plain: true, inWith: true, parent: node });
        return;
      case 'ThisExpression':
        mark(around.fn, 'usesThis');
        return;
      case 'Super':
        mark(around.fn, 'usesSuper');
        return;
      case 'MemberExpression':
        this.#member(node, around);
        return;
      case 'Property':
        this.#property(node, around);
        return;
      case 'AssignmentExpression':
        this.#assignment(node, around);
        return;
      case 'AssignmentPattern':
        this.visit(node.left, inner(around));
        this.visit(node.right, { ...inner(around), inferred: nameOf(node.left) });
        return;
      case 'UpdateExpression':
        this.#target(node.argument, around);
        this.visit(node.argument, inner(around));
        return;
      case 'UnaryExpression': {
        const chain = node.operator === 'delete' && node.argument.type === 'ChainExpression';
        this.visit(node.argument, chain ? { ...inner(around), plain: true } : inner(around));
        return;
      }
      case 'NewExpression':
        this.marks.push(node.start);
        this.#children(node, around);
        if (isFunctionNode(node.callee))
          this.functions.get(node.callee)!.refusal ??= 'is constructed where it stands';
        return;
      case 'ThrowStatement':
        this.marks.push(node.start);
        this.#children(node, around);
        return;
      case 'CallExpression':
        this.marks.push(node.callee.type === 'MemberExpression' ? node.callee.property.start : node.start);
        this.#call(node, around);
        return;
      default:
        this.#children(node, around);
    }
  }

  #refer(node: Of<'Identifier'>, around: Around): void {
    const { name } = node;
    const known = this.references.get(name);
    if (known === undefined) this.references.set(name, [node.start]);
    else known.push(node.start);
    this.#names.use(node, around.scope, around.fn);
    if (name === 'arguments') mark(around.fn, 'usesArguments');
    else if (name === 'yield') refuseYield(around.fn);
  }

  #member(node: Of<'MemberExpression'>, around: Around): void {
    if (
      node.object.type === 'Identifier' &&
      node.object.name === 'arguments' &&
      this.#source.slice(node.property.start, node.property.end) === 'callee'
    )
      refuse(around.fn, 'uses `arguments.callee`');
    this.visit(node.object, inner(around));
    if (node.computed || node.property.type === 'PrivateIdentifier') this.visit(node.property, inner(around));
  }

  #property(node: Of<'Property'>, around: Around): void {
    const inside = inner(around);
    if (node.computed) this.visit(node.key, inside);
    if (node.kind !== 'init' || node.method) {
      const role = node.kind === 'get' ? 'getter' : node.kind === 'set' ? 'setter' : 'object method';
      this.visit(node.value, { ...inside, role, method: node, inferred: keyName(node), parent: node });
      return;
    }
    const inferred = node.computed || node.shorthand ? undefined : keyName(node);
    const role = isFunctionNode(node.value) && node.computed ? { method: node } : {};
    this.visit(node.value, { ...inside, ...role, inferred, parent: node });
  }

  #assignment(node: Of<'AssignmentExpression'>, around: Around): void {
    this.#target(node.left, around);
    this.visit(node.left, inner(around));
    const names = node.operator === '=' || /^(\|\||&&|\?\?)=$/.test(node.operator);
    const inferred = names && node.left.start === node.start ? nameOf(node.left) : undefined;
    this.visit(node.right, { ...inner(around), inferred, assigned: propertyOf(node.left) });
  }

  /** Something is assigned to `target`. */
  #target(target: Node, around: Around): void {
    const { scope, fn } = around;
    for (const each of bindingsOf(target)) {
      if (each.type === 'Identifier') {
        this.#names.assign(each.name, scope);
        if (fn !== undefined)
          this.writes.push({ name: each.name, scope, start: each.start, kind: 'variable', by: fn });
        continue;
      }
      let root: Node = each;
      while (root.type === 'MemberExpression') root = root.object;
      if (root.type === 'Identifier' && fn !== undefined)
        this.writes.push({ name: root.name, scope, start: each.start, kind: 'property', by: fn });
    }
  }

  #variables(node: Of<'VariableDeclaration'>, around: Around): void {
    const kind = node.kind === 'var' || node.kind === 'let' ? node.kind : 'const';
    const { parent } = around;
    const loops = parent?.type === 'ForInStatement' || parent?.type === 'ForOfStatement';
    const unsure = kind === 'var' ? around.loops : parent?.type === 'SwitchCase';
    for (const { id, init, end } of node.declarations) {
      const value = init && isFunctionNode(init) && id.type === 'Identifier' ? init : undefined;
      const ready = loops ? parent.body.start : (value?.start ?? end);
      const constant = node.kind === 'const' && id.type === 'Identifier' && init ? init : undefined;
      this.#declare(id, kind, around.scope, around, { value, constant, ready, unsure });
      for (const each of kind === 'var' && (init || loops) ? bindingsOf(id) : []) {
        if (each.type !== 'Identifier') continue;
        this.#names.initialise(each.name, around.scope);
        if (loops) this.#names.assign(each.name, around.scope);
      }
      if (init) this.visit(init, { ...inner(around), inferred: nameOf(id) });
    }
  }

  #declare(
    pattern: Node,
    kind: 'var' | 'let' | 'const' | 'parameter',
    scope: Scope,
    around: Around,
    declared: Declared,
  ): void {
    for (const each of bindingsOf(pattern)) {
      if (each.type !== 'Identifier') continue;
      scope.declare(each.name, kind, declared);
      if (each.name === 'arguments') refuseAlias(around.fn);
    }
    this.visit(pattern, inner(around));
  }

  #call(node: Of<'CallExpression'>, around: Around): void {
    const { fn, scope, plain } = around;
    const { callee } = node;
    const inside = inner(around);
    if (callee.type === 'Identifier' && callee.name === 'eval') {
      this.evaluates = true;
      refuse(fn, 'uses direct eval');
    }
    if (
      fn !== undefined &&
      !plain &&
      callee.type !== 'Super' &&
      callee.type !== 'ChainExpression' &&
      fn.role !== 'initialiser'
    ) {
      const call: Call = { node, scope, method: undefined, stableCallee: false, stableReceiver: false };
      fn.calls.push(call);
      this.#calls.push({ call, methods: around.methods });
    }
    const direct = calledDirectly(callee);
    const once = (fn === undefined || fn.refusal === ONCE) && isFunctionNode(direct);
    this.visit(callee, {
      ...inside,
      ...(callee.type === 'ChainExpression' && { plain: true }),
      ...(callee === direct && { direct: true, once }),
      parent: node,
    });
    // `(function () {}).call(this)`: the callee's object was visited with the callee.
    const info = this.functions.get(direct);
    if (info !== undefined && callee !== direct) {
      info.direct = !node.optional && info.role === 'expression' && info.self === undefined;
    }
    const definition = once && /\bexports\b|\bdefine\b/.test(this.#source.slice(callee.start, callee.end));
    for (const each of node.arguments)
      this.visit(each, definition && isFunctionNode(each) ? { ...inside, once: true } : inside);
  }

  #function(node: FunctionNode, around: Around): void {
    const role: Role = around.role ?? roleOf(node);
    const strict = around.strict || (node.body.type === 'BlockStatement' && hasUseStrict(node.body.body));
    const own = node.id?.name;
    if (own === 'yield') refuseYield(around.fn);
    if (own === 'arguments' && role === 'declaration') refuseAlias(around.fn);
    let outer = around.scope;
    let self: Binding | undefined;
    let binding: Binding | undefined;
    if (own !== undefined && role === 'declaration') {
      const unsure = placeOf(node, role, around.parent) === 'nowhere';
      binding = outer.declare(own, 'function', { value: node, unsure });
      if (!strict && !outer.isFunction) outer.declare(own, 'var').reassigned = true;
    } else if (own !== undefined) {
      outer = new Scope(outer, false);
      self = outer.declare(own, 'self', { value: node });
    }
    const scope = new Scope(outer, true);
    const info = describe({
      node,
      parent: around.fn,
      role,
      name: own ?? around.inferred ?? '(anonymous)',
      start: node.start,
      scope,
      outer,
      binding,
      self,
      inferred: own === undefined ? around.inferred : undefined,
      assigned: around.assigned,
      strict,
      place: placeOf(node, role, around.parent),
      method: around.method,
      single: around.fn === undefined || around.fn.refusal === ONCE,
    });
    this.functions.set(node, info);
    this.all.push(info);
    const selfish = self !== undefined && refersTo(this.#source, node, self.name);
    info.direct = around.direct === true && !selfish;
    if (own === 'yield') refuseYield(info);
    if (around.inWith) info.refusal = 'is inside of `with`';
    else if (!node.async && ((around.once === true && !selfish) || (info.single && wrapsModule(node))))
      info.refusal = ONCE;
    const inside: Around = { ...inner(around), fn: info, strict, scope, plain: around.inWith, loops: false };
    for (const parameter of node.params)
      this.#declare(
        parameter,
        'parameter',
        scope,
        { ...inside, plain: true },
        { ready: node.body.start, entry: true },
      );
    if (node.body.type === 'BlockStatement') this.#each(node.body.body, { ...inside, parent: node.body });
    else this.visit(node.body, inside);
    if (!strict && info.usesArguments)
      for (const parameter of node.params)
        for (const each of bindingsOf(parameter))
          if (each.type === 'Identifier') this.#names.assign(each.name, scope);
  }
}
