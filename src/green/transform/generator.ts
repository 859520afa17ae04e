// The generator of a twin: its parameters and its body.

import type { FunctionInfo } from './functions.ts';
import { isBindingName } from './names.ts';
import type { Context, Renderer } from './render.ts';

/** What the generator of a lifted twin has besides. */
interface Lifted {
  /** Parameters in front of its own, known when its body has been rendered. */
  leading(): readonly string[];
  readonly directive: string;
}

/** Whether the twin's generator function can have that name without anything in it meaning another. */
export function isTwinNamed(r: Renderer, { node }: FunctionInfo, name: string): boolean {
  return isBindingName(name) && !r.refersTo(name, node!.start, node!.end, node!.id?.start);
}

/**
 * The twin's generator function. What its `.call` has to begin with is returned: the `this` of an arrow function, and the
 * `arguments` of what is around it, as a parameter more.
 */
export function renderGenerator(
  r: Renderer,
  info: FunctionInfo,
  context: Context,
  name?: string,
  flat = true,
): readonly string[] {
  r.output.put(`function*${name ?? ''}`);
  return renderParametersAndBody(r, info, context, flat);
}

export function renderParametersAndBody(
  r: Renderer,
  info: FunctionInfo,
  context: Context,
  flat = true,
  lifted?: Lifted,
): readonly string[] {
  const { output } = r;
  const node = info.node!;
  const isArrow = info.role === 'arrow';
  const args = (isArrow || lifted !== undefined) && info.usesArguments ? `${r.names.prefix}w` : undefined;
  const temporaries = r.temporaries();
  const { outer } = context;
  const plain: Context = { mode: 'plain', flat, args, temporaries: undefined, outer };
  output.put('(');
  const first = output.slot();
  let from = node.start;
  for (const [index, parameter] of node.params.entries()) {
    if (index > 0) output.put(',');
    r.breaks(from, parameter.start, plain);
    r.render(parameter, plain);
    from = parameter.end;
  }
  output.put(')');
  r.breaks(from, node.body.start, plain);
  const inside: Context = { mode: 'twin', flat, args, temporaries, outer };
  const directive = lifted?.directive ?? '';
  if (node.body.type === 'BlockStatement') {
    const slot = r.body(node.body, inside, () => {
      output.put(directive);
      return output.slot();
    });
    if (slot) slot.text = temporaries.declaration();
  } else {
    output.put(`{${directive}`);
    const slot = output.slot();
    output.put('return ', node.body.start);
    r.render(node.body, inside);
    output.put('}');
    slot.text = temporaries.declaration();
  }
  const before = [...(lifted?.leading() ?? []), ...(args === undefined ? [] : [args])];
  first.text = before.join(',') + (before.length > 0 && node.params.length > 0 ? ',' : '');
  if (!isArrow) return ['void 0'];
  const self = info.usesThis ? 'this' : 'void 0';
  return args === undefined ? [self] : [self, context.args ?? 'arguments'];
}
