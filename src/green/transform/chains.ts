// Optional chains whose calls dispatch.

import { planArguments, renderArguments, unnamed } from './arguments.ts';
import { dispatch, drive, keepLines, markOf, privateCall, property, renderIfFunction } from './calls.ts';
import type { Node, Of } from './parse.ts';
import type { Context, Renderer } from './render.ts';

/**
 * `a?.b(c).d`, link by link: `($1=a,$1==null?void 0:($2=$1,$1=$1.b,$1=<dispatch>,$1.d))`. False where none of its calls
 * dispatches.
 */
export function renderChain(r: Renderer, node: Of<'ChainExpression'>, context: Context): boolean {
  const links: (Of<'MemberExpression'> | Of<'CallExpression'>)[] = [];
  let base: Node = node.expression;
  while (base.type === 'MemberExpression' || base.type === 'CallExpression') {
    links.unshift(base);
    base = base.type === 'MemberExpression' ? base.object : base.callee;
  }
  if (!links.some((each) => r.decisions.dispatches.has(each)) && !r.namesOuter(node, context)) return false;
  const { output } = r;
  const temporaries = context.temporaries!;
  const depth = temporaries.depth;
  const value = temporaries.take();
  const self = temporaries.take();
  const lines = output.lines;
  let closing = ')';
  output.put('(');
  if (base.type !== 'Super') {
    output.put(`${value}=`);
    unnamed(r, base, context);
    output.put(',');
  }
  for (const [index, each] of links.entries()) {
    if (each.optional) {
      output.put(`${value}==null?void 0:(`);
      closing += ')';
    }
    const before = links[index - 1];
    if (each.type === 'MemberExpression') {
      if (privateCall(r, links[index + 1])) continue;
      const isSuper = each.object.type === 'Super';
      if (links[index + 1]?.type === 'CallExpression') output.put(`${self}=${isSuper ? 'this' : value},`);
      output.put(`${value}=${isSuper ? 'super' : value}`);
      property(r, each, context);
    } else {
      const direct = privateCall(r, each);
      if (direct) {
        output.put(`${value}=(`);
        drive(r, context, self, markOf(each), () => {
          output.put(`${value}.${direct}(`);
          renderArguments(r, each, context, false);
          output.put(')');
        });
        output.put('),');
        continue;
      }
      const receiver = before?.type === 'MemberExpression' ? self : undefined;
      output.put(`${value}=(`);
      const taken = temporaries.depth;
      const plan = planArguments(r, each, context);
      plan.before();
      dispatch(r, context, {
        callee: () => output.put(value),
        value,
        self: receiver,
        at: markOf(each),
        plan,
      });
      renderIfFunction(r, value, receiver, each, context, plan);
      temporaries.release(taken);
      output.put(')');
    }
    output.put(',');
  }
  output.put(value);
  keepLines(r, node, context, lines);
  output.put(closing);
  temporaries.release(depth);
  return true;
}
