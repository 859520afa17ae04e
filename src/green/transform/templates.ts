// Template literals in twins, which are on one line.

import type { Of } from './parse.ts';
import type { Context, Renderer } from './render.ts';
import { childrenOf } from './walk.ts';

/** The arguments that a tag gets, for a template on several lines: its raw strings cannot be written on one. */
export function renderTag(r: Renderer, node: Of<'TemplateLiteral'>, context: Context): void {
  const values = node.quasis.map(({ value }) => value);
  const cooked = values.map((each) =>
    typeof each.cooked === 'string' ? JSON.stringify(each.cooked) : 'void 0',
  );
  const raw = values.map((each) => JSON.stringify(each.raw));
  r.output.put(`(${r.names.template(cooked.join(','), raw.join(','))}`);
  for (const each of node.expressions) {
    r.output.put(',');
    r.operand(each, context);
  }
  r.output.put(')');
}

export function renderTemplate(
  r: Renderer,
  node: Of<'TemplateLiteral'>,
  context: Context,
  raw: boolean,
): void {
  let from = node.start;
  for (const child of childrenOf(node)) {
    r.gap(from, child.start, context);
    if (child.type !== 'TemplateElement') r.render(child, context);
    else if (raw || !context.flat) r.output.copy(child.start, child.end);
    else {
      // A line break in a template is a line feed, however it is written.
      let at = child.start;
      const text = r.source.slice(child.start, child.end);
      for (const { index, 0: found } of text.matchAll(/(\\?)(?:\r\n|[\n\r\u2028\u2029])/g)) {
        r.output.copy(at, child.start + index);
        const kept = found === '\u2028' ? '\\u2028' : found === '\u2029' ? '\\u2029' : '\\n';
        if (!found.startsWith('\\')) r.output.put(kept);
        at = child.start + index + found.length;
      }
      r.output.copy(at, child.end);
    }
    from = child.end;
  }
  r.gap(from, node.end, context);
}
