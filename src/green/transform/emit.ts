// Functions and their twins. A function's text stays; its twin is beside it:
//
//   const f = (x) => g(x);      const f = $gA({f:(x) => g(x)}.f,function*f(x){…});
//   function f(x) { … }         {$gA(f,function*f(x){…}); …       at the top of the block that declares it
//   class C { m() { … } }       class C {static{$gM(this.prototype,"m",{m:function*(){…}}.m);} …
//
// The object literals give anonymous functions the name that an assignment would.

import type { FunctionInfo } from './functions.ts';
import { isTwinNamed, renderGenerator, renderParametersAndBody } from './generator.ts';
import { hoist, renderHoistedTwin } from './hoist.ts';
import { naming } from './names.ts';
import type { FunctionNode, Of } from './parse.ts';
import { isFunctionNode } from './patterns.ts';
import type { Context, Renderer } from './render.ts';
import { ONCE } from './surroundings.ts';

/** What gives a function its twin. */
function attachOf({ names }: Renderer, { single }: FunctionInfo): string {
  return single ? names.early('attachHidden') : names.attach();
}

/** What gives a function that waits its twin. */
function attachWaitingOf({ names }: Renderer, { single }: FunctionInfo): string {
  return names.early(single ? 'attachWaitingHidden' : 'attachWaiting');
}

/** A function where it stands: in plain code, and in twins of functions around it. */
export function renderFunction(r: Renderer, node: FunctionNode, context: Context): void {
  const info = r.analysis.functions.get(node)!;
  const { output } = r;
  if (info.waits && info.place === 'around') {
    output.put(`${attachWaitingOf(r, info)}(`);
    named(r, nameOf(r, info), () => renderPlain(r, info, node, context));
    output.put(')');
    return;
  }
  if (!info.twin || info.direct || info.place !== 'around') {
    renderPlain(r, info, node, context);
    return;
  }
  const own = node.id?.name;
  const attach = attachOf(r, info);
  const plain = (self?: string): void =>
    named(r, nameOf(r, info), () => renderPlain(r, info, node, context, self));
  if (info.enters && (own === undefined || own !== info.name)) {
    const self = `${r.names.prefix}f`;
    output.put(`(()=>{const ${self}=`);
    if (nameOf(r, info) === undefined) named(r, naming(''), () => renderPlain(r, info, node, context, self));
    else plain(self);
    output.put(`;return ${attach}(${self},`);
    renderTwin(r, info, node, context);
    output.put(');})()');
    return;
  }
  // A function expression's own name is there only inside of it; the twin is to mean the same function by it.
  const selfish = own !== undefined && r.refersTo(own, node.body.start, node.body.end);
  output.put(selfish ? `(${own}=>${attach}(${own},` : `${attach}(`);
  if (!selfish) {
    plain(own);
    output.put(',');
  }
  renderTwin(r, info, node, context);
  output.put(')');
  if (!selfish) return;
  output.put(')(');
  plain(own);
  output.put(')');
}

/**
 * `o.f = function () {}` as `$gA(o.f = function () {}, …)`: the engine names a function in stacks by what it is assigned to.
 * False for other assignments.
 */
export function renderAssigned(r: Renderer, node: Of<'AssignmentExpression'>, context: Context): boolean {
  const { left, right } = node;
  if (node.operator !== '=' || !isFunctionNode(right) || r.source[right.start - 1] === '(') return false;
  const info = r.analysis.functions.get(right)!;
  if (!info.twin || info.direct || info.enters || info.place !== 'around' || right.id) return false;
  r.output.put(`${attachOf(r, info)}(`);
  r.gap(node.start, left.start, context);
  r.render(left, context);
  r.gap(left.end, right.start, context);
  renderPlain(r, info, right, context);
  r.gap(right.end, node.end, context);
  r.output.put(',');
  renderTwin(r, info, right, context);
  r.output.put(')');
  return true;
}

/** Around a value: an object literal that gives it its name. */
interface Naming {
  readonly open: string;
  readonly close: string;
}

/** The name that the syntax around an anonymous function gives it. */
function nameOf(r: Renderer, info: FunctionInfo): Naming | undefined {
  if (info.method?.computed) {
    const key = r.source.slice(info.method.key.start, info.method.key.end);
    return { open: `{[${key}]:`, close: `}[${key}]` };
  }
  return info.inferred === undefined ? undefined : naming(info.inferred);
}

/** Emits what `value` emits, with a name. */
function named(r: Renderer, name: Naming | undefined, value: () => void): void {
  if (name !== undefined) r.output.put(name.open);
  value();
  if (name !== undefined) r.output.put(name.close);
}

/** The statement that gives a declared function its twin. */
export function renderAttach(r: Renderer, node: FunctionNode, context: Context): void {
  const info = r.analysis.functions.get(node)!;
  if (info.waits) r.output.put(`${attachWaitingOf(r, info)}(${node.id!.name});`);
  if (!info.twin) return;
  const attach = attachOf(r, info);
  const name = node.id?.name ?? `${r.names.prefix}x`;
  r.output.put(node.id ? `${attach}(${name},` : `${attach}(${r.names.of('named')}(${name},"default"),`);
  renderTwin(r, info, node, context);
  r.output.put(');');
}

/** The function itself, its text as it was. */
function renderPlain(
  r: Renderer,
  info: FunctionInfo,
  node: FunctionNode,
  context: Context,
  self = node.id?.name,
): void {
  const { output } = r;
  const isArrow = node.type === 'ArrowFunctionExpression';
  const inside: Context = {
    mode: 'plain',
    flat: context.flat,
    args: isArrow ? context.args : undefined,
    temporaries: undefined,
    outer: context.outer,
  };
  let from = node.start;
  if (node.type === 'FunctionDeclaration' && !node.id && info.twin) {
    output.copy(from, from + 'function'.length);
    output.put(` ${r.names.prefix}x`);
    from += 'function'.length;
  }
  for (const parameter of node.params) {
    r.gap(from, parameter.start, inside);
    r.render(parameter, inside);
    from = parameter.end;
  }
  if (!info.rewritten) {
    r.gap(from, node.body.start, inside);
    if (info.enters && self !== undefined) renderEntering(r, node, inside, self);
    else if (node.body.type === 'BlockStatement') r.body(node.body, inside, () => openPlace(r, info));
    else r.render(node.body, inside);
    r.gap(node.body.end, node.end, inside);
    return;
  }
  const temporaries = r.temporaries();
  const body: Context = { ...inside, mode: 'async', temporaries };
  if (node.body.type === 'BlockStatement') {
    r.gap(from, node.body.start, inside);
    const slot = r.body(node.body, body, () => output.slot());
    if (slot) slot.text = temporaries.declaration();
    r.gap(node.body.end, node.end, inside);
    return;
  }
  const arrow = r.arrow(from, node.body.start);
  r.gap(from, arrow, inside);
  output.put('{');
  const slot = output.slot();
  output.put('return(');
  r.gap(arrow, node.body.start, inside);
  r.render(node.body, body);
  r.gap(node.body.end, node.end, inside);
  output.put(')}');
  slot.text = temporaries.declaration();
}

/** Twins that are lifted to `info` are at the beginning of its body. */
function openPlace(r: Renderer, info: FunctionInfo): void {
  if (info.refusal === ONCE) r.places.set(info, r.output.place());
}

/** The plain function, which starts its twin where the event loop calls it. */
function renderEntering(r: Renderer, node: FunctionNode, context: Context, self: string): void {
  const { output, names } = r;
  const { usesThis, usesArguments } = r.analysis.functions.get(node)!;
  const twin = `${self}[${names.of('twin')}]`;
  const isArrow = node.type === 'ArrowFunctionExpression';
  const thisArg = isArrow && !usesThis ? 'void 0' : 'this';
  const simple = isArrow || (!usesArguments && node.params.every((each) => each.type === 'Identifier'));
  const parameters = node.params.map((each) => r.source.slice(each.start, each.end));
  const call = simple ? `call(${[thisArg, ...parameters].join(',')})` : `apply(${thisArg},arguments)`;
  const { enterUnless } = r.decisions;
  const unless = enterUnless === undefined ? '' : `!(${enterUnless})&&`;
  const guard = `if(${unless}${names.early('root')}()&&${twin}!==void 0)return ${names.of('enter')}(${twin}.${call});`;
  if (node.body.type === 'BlockStatement') {
    r.body(node.body, context, () => void output.put(guard));
    return;
  }
  output.put(`{${guard}return `);
  r.render(node.body, context);
  output.put('}');
}

/** The expression that makes a function's twin, which has the function's name. */
function renderTwin(r: Renderer, info: FunctionInfo, node: FunctionNode, context: Context): void {
  const { output } = r;
  const hoisted = hoist(r, info);
  if (hoisted !== undefined) {
    renderHoistedTwin(r, info, node, hoisted, context);
    return;
  }
  const name = node.id?.name ?? info.inferred;
  const direct = name !== undefined && isTwinNamed(r, info, name);
  const around = direct ? undefined : name === undefined ? nameOf(r, info) : naming(name);
  const generator = (): readonly string[] => {
    let first: readonly string[] = [];
    named(r, around, () => {
      first = renderGenerator(r, info, context, direct ? name : undefined);
    });
    return first;
  };
  if (info.role !== 'arrow' || !(info.usesThis || info.usesArguments)) {
    generator();
    return;
  }
  const simple = node.params.every((each) => each.type === 'Identifier');
  const rest = `...${r.names.prefix}q`;
  const parameters = simple ? node.params.map((each) => r.source.slice(each.start, each.end)) : [rest];
  // Without brackets around the function: the engine compiles those that have at once.
  output.put(`(${parameters.join(',')})=>${around === undefined ? '' : '('}`);
  const first = generator();
  output.put(`${around === undefined ? '' : ')'}.call(${[...first, ...parameters].join(',')})`);
}

/** `{ m() {} }` as `{ m: $gA({ m() {} }.m, …) }`; false where the method has no twin. */
export function renderObjectMethod(r: Renderer, node: Of<'Property'>, context: Context): boolean {
  const info = r.analysis.functions.get(node.value);
  if (info === undefined || !info.twin || info.role !== 'object method') return false;
  const { output } = r;
  const key = r.source.slice(node.key.start, node.key.end);
  const isName = node.key.type === 'Identifier';
  const attach = attachOf(r, info);
  output.put(`${node.computed ? `[${key}]` : key}:${attach}({`, node.start);
  r.gap(node.start, node.key.start, context);
  output.copy(node.key.start, node.key.end);
  r.gap(node.key.end, node.value.start, context);
  renderPlain(r, info, node.value as Of<'FunctionExpression'>, context);
  output.put(isName && !node.computed ? `}.${key},` : `}[${key}],`);
  renderTwin(r, info, node.value as Of<'FunctionExpression'>, context);
  output.put(')');
  return true;
}

/** A class's body, which begins by giving its methods their twins. */
export function renderClassBody(r: Renderer, node: Of<'ClassBody'>, context: Context): void {
  const { output, names } = r;
  const methods = (r.analysis.classes.get(node) ?? []).filter(
    (info) => info.twin && info.role === 'class method',
  );
  output.copy(node.start, node.start + 1);
  if (methods.length > 0) output.put('static{');
  for (const info of methods) {
    const method = info.method as Of<'MethodDefinition'>;
    const holder = method.static ? 'this' : 'this.prototype';
    const key = method.computed
      ? r.source.slice(method.key.start, method.key.end)
      : JSON.stringify(info.inferred);
    if (info.usesSuper) {
      output.put(`${names.early('moveMethod')}(${holder},${key},${JSON.stringify(twinKey(r, info))});`);
      continue;
    }
    output.put(`${names.early('attachMethod')}(${holder},${key},`);
    renderTwin(r, info, info.node!, context);
    output.put(');');
  }
  if (methods.length > 0) output.put('}');
  let from = node.start + 1;
  for (const child of node.body) {
    r.gap(from, child.start, context);
    r.render(child, context);
    from = child.end;
  }
  r.gap(from, node.end, context);
}

/** What a twin that must be a method of the class itself is called until it is moved. */
function twinKey(r: Renderer, info: FunctionInfo): string {
  return `${r.names.prefix}_${info.start}`;
}

/** Behind a method: its twin, where that has to be a method itself, for `super` or because it is private. */
export function renderMethodTwin(r: Renderer, node: Of<'MethodDefinition'>, context: Context): void {
  const info = r.analysis.functions.get(node.value);
  if (info === undefined || !info.twin) return;
  const { prefix } = r.names;
  if (info.role === 'private method')
    r.output.put(`${node.static ? 'static ' : ''}*#${prefix}${(node.key as Of<'PrivateIdentifier'>).name}`);
  else if (info.usesSuper) r.output.put(`${node.static ? 'static ' : ''}*${twinKey(r, info)}`);
  else return;
  renderParametersAndBody(r, info, context);
}
