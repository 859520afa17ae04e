// Where two answers differ, a line each: their paths, what ours has, and what Node's has. JSON in a body is looked into.

import { isDeepStrictEqual } from 'node:util';

const LINES = 20;

export function differences(ours: unknown, reference: unknown, path = ''): string[] {
  if (isDeepStrictEqual(ours, reference)) return [];
  if (isObject(ours) && isObject(reference)) {
    if (Array.isArray(ours) && Array.isArray(reference) && [...ours, ...reference].every(isText)) {
      return linesOf(path, ours as string[], reference as string[]);
    }
    const keys = new Set([...Object.keys(ours), ...Object.keys(reference)]);
    return [...keys]
      .flatMap((key) => differences(ours[key], reference[key], path === '' ? key : `${path}.${key}`))
      .slice(0, LINES);
  }
  const parsed = [parse(ours), parse(reference)];
  if (parsed.every(isObject)) return differences(parsed[0], parsed[1], `${path} as JSON`);
  return [`${path}: ${show(ours)}\n    on Node: ${show(reference)}`];
}

/** Headers, and other lists of lines: which are on one side only, or that their order differs. */
function linesOf(path: string, ours: readonly string[], reference: readonly string[]): string[] {
  const extra = ours.filter((line) => !reference.includes(line));
  const missing = reference.filter((line) => !ours.includes(line));
  if (extra.length + missing.length > 0) return [`${path}: ${show(extra)}\n    on Node: ${show(missing)}`];
  return [`${path}, in another order or number: ${show(ours)}\n    on Node: ${show(reference)}`];
}

const isText = (value: unknown) => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function parse(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** With what is around the place, where it is long. */
const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 600) ?? 'nothing';
