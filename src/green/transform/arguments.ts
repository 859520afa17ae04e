// The arguments of a call that dispatches: in the text of each branch where they are short, else evaluated before, into
// temporaries, in their order.

import type { Node, Of } from './parse.ts';
import type { Context, Renderer } from './render.ts';

/** Longer arguments are evaluated into temporaries, so that their text is there once. */
const LONGEST_REPEATED = 40;

export function renderArguments(
  r: Renderer,
  node: Of<'CallExpression'>,
  context: Context,
  brackets: boolean,
): void {
  if (brackets) r.output.put('(');
  let from = node.callee.end;
  for (const [index, each] of node.arguments.entries()) {
    if (index > 0) r.output.put(',');
    r.breaks(from, each.start, context);
    r.operand(each, context);
    from = each.end;
  }
  r.breaks(from, node.end, context);
  if (brackets) r.output.put(')');
}

/**
 * What is assigned to a temporary. Neither the assignment nor the engine's guess at names for stacks may name a function in
 * it: what a call returns gets no name.
 */
export function unnamed(r: Renderer, node: Node, context: Context): void {
  const isCall = node.type === 'CallExpression' || r.analysis.functions.get(node)?.twin === true;
  const guarded = !isCall && /=>|function|class/.test(r.source.slice(node.start, node.end));
  if (guarded) r.output.put(`${r.names.identity()}(`);
  r.operand(node, context);
  if (guarded) r.output.put(')');
}

/** How the arguments of a call get into each branch of its dispatch. */
export interface Plan {
  /** Whether some arguments are evaluated before the dispatch. */
  readonly hoists: boolean;
  /** Emits that. */
  before(): void;
  /** Emits the arguments of one of the branches; `more` where something is before them. */
  inline(more?: boolean): void;
}

export function planArguments(r: Renderer, node: Of<'CallExpression'>, context: Context): Plan {
  const { output } = r;
  const args = node.arguments;
  const last = args.findLastIndex((each) => isLong(r, each, context));
  const texts: (string | Node)[] = [...args];
  const assignments: (() => void)[] = [];
  const spreads = args.slice(0, last + 1).some((each) => each.type === 'SpreadElement');
  if (spreads) {
    const list = context.temporaries!.take();
    assignments.push(() => {
      output.put(`${list}=[`);
      renderArguments(r, node, context, false);
      output.put('],');
    });
    texts.splice(0, texts.length, `...${list}`);
  } else {
    for (const [index, each] of args.slice(0, last + 1).entries()) {
      if (isConstant(each) && !isLong(r, each, context)) continue;
      const temporary = context.temporaries!.take();
      texts[index] = temporary;
      assignments.push(() => {
        output.put(`${temporary}=`);
        unnamed(r, each, context);
        output.put(',');
      });
    }
  }
  return {
    hoists: last >= 0,
    before: () => {
      for (const assign of assignments) assign();
    },
    inline: (more = false) => {
      for (const [index, each] of texts.entries()) {
        if (index > 0 || more) output.put(',');
        if (typeof each === 'string') output.put(each);
        else r.operand(each, context);
      }
    },
  };
}

function isLong(r: Renderer, node: Node, context: Context): boolean {
  return (
    node.end - node.start > LONGEST_REPEATED ||
    r.rewrites(node.start, node.end, context) ||
    hasFunction(r, node)
  );
}

function hasFunction(r: Renderer, node: Node): boolean {
  return /=>|function|class|`|[\n\r]/.test(r.source.slice(node.start, node.end));
}

function isConstant(node: Node): boolean {
  return node.type === 'ThisExpression' || (node.type === 'Literal' && node.regex === undefined);
}
