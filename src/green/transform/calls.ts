// Calls in twins and async functions: look for the callee's twin, and go on in it; otherwise the call as it was.
//
//   f(x)      (($1=($2=f)?.[TWIN])&&$1.owner===$2?yield*$1.call(void 0,x):f(x))
//   o.m(x)    (($1=($2=($3=o).m)?.[TWIN])&&$1.owner===$2?yield*$1.call($3,x)
//               :typeof $2==="function"?call($2,$3,x):o.m(x))
//
// The order is the language's: callee, arguments, and last whether it can be called. What isn't a function is called in the
// original words, for the original message. Arguments stand in each branch where they are short, else in temporaries.

import { type Plan, planArguments, renderArguments, unnamed } from './arguments.ts';
import type { Call } from './functions.ts';
import { renderGenerator } from './generator.ts';
import { hoist, openHoistedCall } from './hoist.ts';
import { describeCallee, isRepeatable } from './message.ts';
import type { FunctionNode, Node, Of } from './parse.ts';
import { calledDirectly, isFunctionNode } from './patterns.ts';
import type { Context, Renderer } from './render.ts';

/** Renders a call that dispatches; false for one that stays as it is. */
export function renderCall(r: Renderer, node: Of<'CallExpression'>, context: Context): boolean {
  const call = r.decisions.dispatches.get(node) ?? wordedCall(r, node, context);
  if (call === undefined) return false;
  const temporaries = context.temporaries!;
  const depth = temporaries.depth;
  const { output } = r;
  const lines = output.lines;
  if (!renderDirect(r, call, context)) {
    const { callee } = node;
    output.put('(');
    if (isFunctionNode(callee) && !hasTwin(r, callee)) {
      output.put('(');
      r.render(callee, context);
      output.put(')');
      renderArguments(r, node, context, true);
    } else if (callee.type === 'Identifier' && !r.namesOuter(callee, context))
      renderIdentifierCall(r, call, callee, context);
    else if (callee.type === 'MemberExpression') renderMemberCall(r, call, callee, context);
    else {
      const value = temporaries.take();
      const plan = planArguments(r, node, context);
      output.put(`${value}=`);
      unnamed(r, callee, context);
      output.put(',');
      plan.before();
      dispatch(r, context, {
        callee: () => output.put(value),
        value,
        self: undefined,
        at: markOf(node),
        plan,
      });
      renderIfFunction(r, value, undefined, node, context, plan);
    }
    keepLines(r, node, context, lines);
    output.put(')');
  }
  temporaries.release(depth);
  return true;
}

/** A call that need not dispatch, and does: what it calls is called in other words than the source's, which an error says. */
function wordedCall(r: Renderer, node: Of<'CallExpression'>, context: Context): Call | undefined {
  if (node.callee.type === 'Identifier' || !r.namesOuter(node.callee, context)) return undefined;
  return { node, scope: r.analysis.top, method: undefined, stableCallee: false, stableReceiver: false };
}

function hasTwin(r: Renderer, node: FunctionNode): boolean {
  const info = r.analysis.functions.get(node)!;
  return info.twin && !info.direct;
}

/** What was on several lines is on as many. */
export function keepLines(r: Renderer, node: Node, context: Context, before: number): void {
  if (context.flat) return;
  const lost = r.lines.lineOf(node.end) - r.lines.lineOf(node.start) - (r.output.lines - before);
  if (lost > 0) r.output.put('\n'.repeat(lost));
}

/** `f(…)`, where `f` is a name. */
function renderIdentifierCall(r: Renderer, call: Call, callee: Of<'Identifier'>, context: Context): void {
  const { output } = r;
  const name = callee.name === 'arguments' ? (context.args ?? callee.name) : callee.name;
  const at = callee.start;
  const plan = planArguments(r, call.node, context);
  if (call.stableCallee || !plan.hoists) {
    const value = call.stableCallee ? name : context.temporaries!.take();
    if (plan.hoists) output.put(`${name},`, at);
    plan.before();
    const read = (): void => output.put(call.stableCallee ? name : `(${value}=${name})`, at);
    dispatch(r, context, { callee: read, value, self: undefined, at, plan });
    if (handsOn(r, call.node, context)) renderForeign(r, value, undefined, at, plan);
    output.put(`${name}(`, at);
    plan.inline();
    output.put(')');
    return;
  }
  const value = context.temporaries!.take();
  output.put(`${value}=${name},`, at);
  plan.before();
  dispatch(r, context, { callee: () => output.put(value), value, self: undefined, at, plan });
  renderIfFunction(r, value, undefined, call.node, context, plan);
}

/** `o.m(…)`, `o[k](…)`, `super.m(…)`. */
function renderMemberCall(r: Renderer, call: Call, callee: Of<'MemberExpression'>, context: Context): void {
  const { output } = r;
  const { object } = callee;
  const temporaries = context.temporaries!;
  const at = markOf(call.node);
  const isSelf = object.type === 'Super' || object.type === 'ThisExpression';
  const isStable = call.stableReceiver && !r.namesOuter(object, context);
  const self = isSelf ? 'this' : isStable ? r.source.slice(object.start, object.end) : temporaries.take();
  const value = temporaries.take();
  const plan = planArguments(r, call.node, context);
  const read = (): void => {
    if (isSelf) output.copy(object.start, object.end);
    else if (isStable) output.put(self, object.start);
    else {
      output.put(`(${self}=`);
      unnamed(r, object, context);
      output.put(')');
    }
    property(r, callee, context);
  };
  if (plan.hoists) {
    output.put(`${value}=`);
    read();
    output.put(',');
    plan.before();
    dispatch(r, context, { callee: () => output.put(value), value, self, at, plan });
  } else {
    const both = (): void => {
      output.put(`(${value}=`);
      read();
      output.put(')');
    };
    dispatch(r, context, { callee: both, value, self, at, plan });
  }
  renderIfFunction(r, value, self, call.node, context, plan);
}

/** From behind the object to the end of the member expression. */
export function property(r: Renderer, node: Of<'MemberExpression'>, context: Context): void {
  if (node.computed) {
    r.output.put('[');
    r.render(node.property, context);
    r.output.put(']');
  } else {
    r.breaks(node.object.end, node.property.start, context);
    r.output.put('.');
    r.output.copy(node.property.start, node.property.end);
  }
}

/** Calls `value` in the plain branch; what isn't a function, so that the message is the original one. */
export function renderIfFunction(
  r: Renderer,
  value: string,
  self: string | undefined,
  node: Of<'CallExpression'>,
  context: Context,
  plan: Plan,
): void {
  const { output } = r;
  const { inline } = plan;
  const at = markOf(node);
  if (handsOn(r, node, context)) renderForeign(r, value, self, at, plan);
  else if (self === undefined) {
    output.put(`typeof ${value}==="function"?${value}(`, at);
    inline();
    output.put('):');
  } else {
    output.put(`typeof ${value}==="function"?${helper(r, context, 'call')}(${value},${self}`, at);
    inline(true);
    output.put('):');
  }
  const { callee } = node;
  // Arguments that were evaluated may have changed what the callee is.
  const repeats = isRepeatable(callee) && !hasAlias(r, callee) && !r.namesOuter(callee, context);
  if (!plan.hoists && repeats && !node.optional) {
    r.repeat(callee);
    output.put('(', at);
    inline();
    output.put(')');
    return;
  }
  output.put(`${helper(r, context, 'notFunction')}(${JSON.stringify(describeCallee(callee))}`, at);
  inline(true);
  output.put(')');
}

/** Whether the callee is given a continuation, such as Express's `next`, which it calls plainly if it has no twin. */
function handsOn(r: Renderer, node: Of<'CallExpression'>, context: Context): boolean {
  return (
    context.mode === 'twin' &&
    node.arguments.some((each) => each.type === 'Identifier' && r.decisions.continuations.has(each.name))
  );
}

/** Calls `value` where it is a function: what it calls on with goes on behind it, in this coroutine. Up to the `:`. */
function renderForeign(
  { output, names }: Renderer,
  value: string,
  self: string | undefined,
  at: number,
  plan: Plan,
): void {
  const foreign = names.of('callForeign');
  output.put(`typeof ${value}==="function"?yield*${foreign}(${value},${self ?? 'void 0'},[`, at);
  plan.inline();
  output.put(']):');
}

/** Async functions can run before their module has been evaluated, twins cannot. */
function helper(r: Renderer, { mode }: Context, part: 'call' | 'notFunction'): string {
  return mode === 'async' ? r.names.early(part) : r.names.of(part);
}

function hasAlias(r: Renderer, node: Node): boolean {
  return /\barguments\b/.test(r.source.slice(node.start, node.end));
}

interface Dispatch {
  /** Emits the function, once. */
  readonly callee: () => void;
  /** The name that has its value from then on. */
  readonly value: string;
  readonly self: string | undefined;
  readonly at: number;
  readonly plan: Plan;
}

/** Up to the `:` of the plain branch. */
export function dispatch(r: Renderer, context: Context, { callee, value, self, at, plan }: Dispatch): void {
  const { output } = r;
  const twin = context.temporaries!.take();
  output.put(`(${twin}=`);
  callee();
  output.put(`?.[${r.names.of('twin')}])&&${twin}.owner===${value}?`);
  drive(r, context, twin, at, () => {
    output.put(`${twin}.call(${self ?? 'void 0'}`);
    plan.inline(true);
    output.put(')');
  });
  output.put(':');
}

/** Goes on in the generator that `generator` emits. */
export function drive(
  r: Renderer,
  context: Context,
  temporary: string,
  at: number,
  generator: () => void,
): void {
  const { output } = r;
  if (context.mode === 'twin') {
    output.put('yield*', at);
    generator();
    return;
  }
  output.put(`((${temporary}=${r.names.of('start')}(`, at);
  generator();
  output.put(`)) instanceof ${r.names.of('Pending')}?await ${temporary}.promise:${temporary})`, at);
}

/** Calls whose callee is known to be what it is here: functions called where they stand, private methods. */
function renderDirect(r: Renderer, call: Call, context: Context): boolean {
  const { node } = call;
  const { callee } = node;
  const { output } = r;
  const emit = (generator: () => void): true => {
    const temporary = context.mode === 'async' ? context.temporaries!.take() : '';
    output.put('(');
    const lines = output.lines;
    drive(r, context, temporary, markOf(node), generator);
    keepLines(r, node, context, lines);
    output.put(')');
    return true;
  };
  const name = privateCall(r, node);
  if (name !== undefined && callee.type === 'MemberExpression') {
    const { object } = callee;
    return emit(() => {
      output.put('(');
      r.render(object, context);
      output.put(`).${name}(`);
      renderArguments(r, node, context, false);
      output.put(')');
    });
  }
  const fn = calledDirectly(callee);
  const info = isFunctionNode(fn) ? r.analysis.functions.get(fn) : undefined;
  if (info === undefined || !isFunctionNode(fn) || !info.twin || !info.direct) return false;
  const called = callee === fn;
  const hoisted = called && context.mode === 'twin' ? hoist(r, info) : undefined;
  if (hoisted !== undefined) {
    return emit(() => {
      output.put(openHoistedCall(r, info, hoisted, context));
      if (node.arguments.length > 0) output.put(',');
      renderArguments(r, node, context, false);
      output.put(')');
    });
  }
  const own = fn.id?.name;
  return emit(() => {
    output.put('(');
    const first = renderGenerator(r, info, context, own, context.flat);
    output.put(called ? `).call(${first.join(',')}` : ').');
    if (!called) {
      const { property: key } = callee as Of<'MemberExpression'>;
      output.copy(key.start, key.end);
      output.put('(');
    }
    if (called && node.arguments.length > 0) output.put(',');
    renderArguments(r, node, context, false);
    output.put(')');
  });
}

/** The name of the twin of the private method that is called. */
export function privateCall(r: Renderer, node: Node | undefined): string | undefined {
  if (node?.type !== 'CallExpression' || node.optional || node.callee.type !== 'MemberExpression')
    return undefined;
  const { property: key } = node.callee;
  if (key.type !== 'PrivateIdentifier' || r.decisions.dispatches.get(node)?.method?.twin !== true)
    return undefined;
  return `#${r.names.prefix}${key.name}`;
}

/** The position that a stack names for a call. */
export function markOf({ callee }: Of<'CallExpression'>): number {
  return callee.type === 'MemberExpression' ? callee.property.start : callee.start;
}
