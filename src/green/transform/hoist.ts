// Twins that are lifted: made once, at the beginning of their module, though their functions are made often. What a function
// gets is an arrow, which gives the twin the variables it needs:
//
//   const $gz1=function*next($gu,req,res,err){ … $gu(0) … };          at the beginning of the module
//   $ga(next,($gq0)=>$gz1(()=>idx,req,res,$gq0))                      where `next` is declared
//
// V8 makes a map and a prototype for each generator function that is called, in old space: 3 µs and a mark-compact to come,
// for what is made in every request. An arrow costs as much as the function that it is made for.

import type { FunctionInfo } from './functions.ts';
import { isTwinNamed, renderParametersAndBody } from './generator.ts';
import { naming } from './names.ts';
import { Outer } from './outer.ts';
import type { FunctionNode } from './parse.ts';
import type { Context, Renderer } from './render.ts';
import type { Binding } from './scope.ts';

/** A twin that is emitted. */
export interface Hoisted {
  readonly name: string;
  readonly outer: Outer;
  readonly values: readonly Binding[];
}

/** Emits the twin of a function, once; undefined for one that can only be made with its function. */
export function hoist(r: Renderer, info: FunctionInfo): Hoisted | undefined {
  const known = r.hoisted.get(info);
  if (known !== undefined) return known;
  const captures = r.closures.of(info);
  const place = captures && r.places.get(captures.container);
  if (captures === undefined || place === undefined) return undefined;
  const { output, names } = r;
  const node = info.node!;
  const outer = new Outer(captures.uses, names.prefix);
  const made: Hoisted = { name: `${names.prefix}z${r.hoisted.size}`, outer, values: captures.values };
  r.hoisted.set(info, made);
  const context: Context = { mode: 'plain', flat: true, args: undefined, temporaries: undefined, outer };
  output.into(place, () => {
    output.put(`const ${made.name}=`);
    const name = node.id?.name ?? info.inferred;
    const own = name !== undefined && isTwinNamed(r, info, name) ? name : '';
    const around = own === name ? NOTHING : name === undefined ? unnamed(r) : naming(name);
    output.put(`${around.open}function*${own}`);
    const strict = captures.container?.strict ?? r.analysis.strict;
    const directive = info.strict && !strict ? '"use strict";' : '';
    renderParametersAndBody(r, info, context, true, {
      leading: () => leading(made, names.prefix),
      directive,
    });
    output.put(`${around.close};`);
  });
  return made;
}

const NOTHING = { open: '', close: '' };

/** What has no name gets none of the constant. */
function unnamed(r: Renderer): typeof NOTHING {
  return { open: `${r.names.identity()}(`, close: ')' };
}

/** The parameters that a lifted twin has in front of its own, without `arguments`. */
function leading({ outer, values }: Hoisted, prefix: string): string[] {
  return [...(outer.isUsed ? [`${prefix}u`] : []), ...values.map(({ name }) => name)];
}

/** The call of the twin of a function that is called where it stands, up to the call's own arguments. */
export function openHoistedCall(r: Renderer, info: FunctionInfo, hoisted: Hoisted, context: Context): string {
  const first = given(hoisted, context, r.names.prefix);
  if (info.usesArguments) first.push(context.args ?? 'arguments');
  if (!info.usesThis && first.length > 0) return `${hoisted.name}(${first.join(',')}`;
  const self = info.role === 'arrow' && info.usesThis ? 'this' : 'void 0';
  return `${hoisted.name}.call(${[self, ...first].join(',')}`;
}

/** What is given for them, where `context` is. */
function given({ outer, values }: Hoisted, context: Context, prefix: string): string[] {
  return [
    ...outer.accessor(context, prefix),
    ...values.map((each) => (context.outer?.has(each) ? context.outer.text(each, 'read') : each.name)),
  ];
}

/** The expression of a function's twin, where the generator is lifted. */
export function renderHoistedTwin(
  r: Renderer,
  info: FunctionInfo,
  node: FunctionNode,
  hoisted: Hoisted,
  context: Context,
): void {
  const { prefix } = r.names;
  const isArrow = info.role === 'arrow';
  const parameters = node.params.map((each, index) =>
    each.type === 'RestElement' ? `...${prefix}q${index}` : `${prefix}q${index}`,
  );
  const args = info.usesArguments ? [isArrow ? (context.args ?? 'arguments') : 'arguments'] : [];
  const all = [...given(hoisted, context, prefix), ...args, ...parameters];
  const call = info.usesThis
    ? `${hoisted.name}.call(${['this', ...all].join(',')})`
    : `${hoisted.name}(${all.join(',')})`;
  const own = !isArrow && (info.usesThis || info.usesArguments);
  if (!own) r.output.put(`(${parameters.join(',')})=>${call}`);
  else {
    const directive = info.strict && !r.analysis.strict && !parameters.at(-1)?.startsWith('...');
    r.output.put(`function(${parameters.join(',')}){${directive ? '"use strict";' : ''}return ${call}}`);
  }
}
