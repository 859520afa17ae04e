// Header fields as the light classes hold them: one flat list, [name, value, name, value, ...], names in lower case and
// unique but for `set-cookie`. Names and values are checked and normalized here as the Fetch standard says
// (https://fetch.spec.whatwg.org/#headers-class), so that a list can go to the wire as it is.

import { withoutBlanks } from '../../http/index.ts';
import type { HeadersInit } from './native.ts';

/** RFC 9110, 5.6.2: token = 1*tchar. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Names seen before, to their lower case: a lookup costs a fifth of checking and lowering. Bounded, as names can be anything. */
const KNOWN_NAMES = new Map<string, string>();
const MAX_KNOWN_NAMES = 512;
const MAX_KNOWN_NAME = 64;

/** The name in lower case. Throws a TypeError where it is no token. */
export function fieldName(name: unknown): string {
  return KNOWN_NAMES.get(name as string) ?? checkName(name);
}

function checkName(name: unknown): string {
  const text = byteString(name);
  if (!TOKEN.test(text)) throw new TypeError(`"${text}" is not a header name`);
  const lower = text.toLowerCase();
  if (KNOWN_NAMES.size < MAX_KNOWN_NAMES && text.length <= MAX_KNOWN_NAME) KNOWN_NAMES.set(text, lower);
  return lower;
}

/** The value without white space around it. Throws a TypeError where it can't be one. */
export function fieldValue(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0) return checkValue(value);
  const last = value.length - 1;
  if (value.charCodeAt(0) === 0x20 || value.charCodeAt(last) === 0x20) return checkValue(value);
  for (let i = 0; i <= last; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return checkValue(value);
  }
  return value;
}

/** "Normalize" is to strip HTTP whitespace bytes from both ends; then NUL, LF and CR are what a value can't hold. */
function checkValue(value: unknown): string {
  const text = withoutBlanks(byteString(value));
  if (/[\0\n\r]/.test(text)) throw new TypeError(`${JSON.stringify(text)} is not a header value`);
  return text;
}

/** Web IDL's ByteString: a string of characters up to U+00FF. A symbol doesn't convert. */
export function byteString(value: unknown): string {
  const text = `${value as string}`;
  const wide = text.search(/[^\0-\xff]/);
  if (wide !== -1) {
    throw new TypeError(
      `${JSON.stringify(text)} is not a byte string: the character at ${wide} is above U+00FF`,
    );
  }
  return text;
}

/** The value of a checked name, combined; `undefined` where there is none. */
export function getField(list: readonly string[], name: string): string | undefined {
  const first = indexOfField(list, name);
  if (first === -1) return undefined;
  if (name !== 'set-cookie') return list[first + 1];
  return fieldValues(list, name).join(', ');
}

/** Every value of a checked name, in order. */
export function fieldValues(list: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) values.push(list[i + 1]!);
  return values;
}

/** Where the checked name stands in the list, or -1. */
export function indexOfField(list: readonly string[], name: string): number {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return i;
  return -1;
}

/** Adds a checked field; one that is there already is combined with it (RFC 9110, 5.3; 9113, 8.2.3 for cookies). */
export function appendField(list: string[], name: string, value: string): void {
  const at = name === 'set-cookie' ? -1 : indexOfField(list, name);
  if (at === -1) list.push(name, value);
  else list[at + 1] = `${list[at + 1]}${name === 'cookie' ? '; ' : ', '}${value}`;
}

/** Puts a checked field in the place of all of its name. */
export function setField(list: string[], name: string, value: string): void {
  const at = indexOfField(list, name);
  if (at === -1) {
    list.push(name, value);
    return;
  }
  list[at + 1] = value;
  if (name === 'set-cookie') deleteField(list, name, at + 2);
}

/** Removes every field of a checked name, from an index on. */
export function deleteField(list: string[], name: string, from = 0): void {
  let kept = from;
  for (let i = from; i < list.length; i += 2) {
    if (list[i] === name) continue;
    list[kept] = list[i]!;
    list[kept + 1] = list[i + 1]!;
    kept += 2;
  }
  list.length = kept;
}

/** A copy of the list without the fields of these names. */
export function withoutFields(list: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < list.length; i += 2) if (!names.has(list[i]!)) kept.push(list[i]!, list[i + 1]!);
  return kept;
}

/** The list that a `HeadersInit` (pairs, or a record) describes. Throws a TypeError where it describes none. */
export function fieldsFrom(init: HeadersInit): string[] {
  const list: string[] = [];
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    throw new TypeError('headers must be a sequence of pairs or a record');
  }
  if (Symbol.iterator in init && init[Symbol.iterator] !== undefined) {
    for (const pair of init as Iterable<Iterable<unknown>>) addPair(list, pair);
    return list;
  }
  addRecord(list, init as Record<string, unknown>);
  return list;
}

function addPair(list: string[], pair: Iterable<unknown>): void {
  if (typeof pair !== 'object' || pair === null)
    throw new TypeError('a header must be a pair of name and value');
  const parts = Array.isArray(pair) ? pair : [...pair];
  if (parts.length !== 2)
    throw new TypeError(`a header must be a pair of name and value, not ${parts.length} items`);
  appendField(list, fieldName(parts[0]), fieldValue(parts[1]));
}

function addRecord(list: string[], record: Record<string, unknown>): void {
  const names = Object.keys(record);
  let lowerCaseOnly = true;
  for (let i = 0; i < names.length; i++) {
    const name = fieldName(names[i]);
    const value = fieldValue(record[names[i]!]);
    // Keys of a record are unique as they are written: only where some were lowered can two of them meet.
    if (lowerCaseOnly && (lowerCaseOnly = name === names[i])) list.push(name, value);
    else appendField(list, name, value);
  }
  if (Object.getOwnPropertySymbols(record).length > 0) throw new TypeError('a symbol is not a header name');
}
