// Twins of String.prototype.replace and replaceAll with a function. Both find all matches before they call it the first
// time (ECMA-262, 22.2.6.11): so the built-in finds them, and the twin puts the string together.

import { type Steps, twinBuiltin } from '../patch.ts';
import type { AnyFunction, Twin } from '../twin.ts';

const { replace, replaceAll } = String.prototype as unknown as Record<'replace' | 'replaceAll', AnyFunction>;
const replaceRegExp = RegExp.prototype[Symbol.replace];

export function twinStrings(): void {
  for (const [name, native] of [
    ['replace', replace],
    ['replaceAll', replaceAll],
  ] as const) {
    twinBuiltin(String.prototype, name, { at: 1 }, (callback, self, [pattern]) =>
      replacing(native, callback, self, pattern),
    );
  }
}

function* replacing(native: AnyFunction, callback: Twin, self: unknown, pattern: unknown): Steps {
  const matches: unknown[][] = [];
  const note = (...match: unknown[]): string => {
    matches.push(match);
    return '';
  };
  if (!isOrdinary(pattern)) return Reflect.apply(native, self as never, [pattern, callback.owner] as never);
  const unmatched = Reflect.apply(native, self as never, [pattern, note] as never);
  if (matches.length === 0) return unmatched;

  let result = '';
  let end = 0;
  let subject = '';
  for (const match of matches) {
    const replacement = `${yield* Reflect.apply(callback, undefined, match)}`;
    const place = placeOf(match);
    subject = place.subject;
    if (place.position < end) continue;
    result += subject.slice(end, place.position) + replacement;
    end = place.position + (match[0] as string).length;
  }
  return result + subject.slice(end);
}

/** A callback is given the match, its captures, where it is, the string, and the named captures if there are any. */
function placeOf(match: readonly unknown[]): { readonly position: number; readonly subject: string } {
  const last = typeof match.at(-1) === 'string' ? match.length - 1 : match.length - 2;
  return { position: match[last - 1] as number, subject: match[last] as string };
}

/** Strings and regular expressions: what has a `Symbol.replace` of its own may do anything with the function. */
function isOrdinary(pattern: unknown): boolean {
  if (Object(pattern) !== pattern) return true;
  const custom = (pattern as { [Symbol.replace]?: unknown })[Symbol.replace];
  return custom === undefined || custom === replaceRegExp;
}
