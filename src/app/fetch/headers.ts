// The light `Headers`: the platform's as far as a program can tell, over a flat list instead of a map. Those of a request
// decode nothing until asked, and a single `get` is answered by the request's head.
// biome-ignore-all lint/complexity/noArguments: Web IDL counts the arguments given

import { inspect } from 'node:util';
import type { HeaderList, RequestHead } from '../../http/index.ts';
import {
  appendField,
  deleteField,
  fieldName,
  fieldsFrom,
  fieldValue,
  fieldValues,
  getField,
  indexOfField,
  setField,
} from './fields.ts';
import { type HeadersInit, NativeHeaders, passFor } from './native.ts';

/** Headers over a list that becomes theirs. Immutable ones refuse changes, as those of `Response.redirect()` do. */
export let headersOf: (list: string[], immutable: boolean) => LightHeaders;
/** Headers of a request that are decoded when needed. */
export let headersOfHead: (head: RequestHead) => LightHeaders;
/** The list behind light headers, not to be changed. */
export let listOf: (headers: LightHeaders) => HeaderList;
/** Whether the object is a light one. */
export let isLightHeaders: (value: object) => value is LightHeaders;
/** The sorted pairs that iteration sees. */
let pairsOf: (headers: LightHeaders) => ReadonlyArray<readonly [string, string]>;

export class LightHeaders {
  /** Undefined until needed: no fields yet, or those of `#head`. */
  #list: string[] | undefined;
  #head: RequestHead | undefined;
  #sorted: Array<[string, string]> | undefined;
  #immutable = false;

  constructor(init: HeadersInit = undefined) {
    if (init === undefined) return;
    this.#list =
      init !== null && typeof init === 'object' && #list in init ? [...init.#fields()] : fieldsFrom(init);
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1);
    const lower = fieldName(name);
    if (this.#list === undefined) return this.#head?.get(lower) ?? null;
    return getField(this.#list, lower) ?? null;
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1);
    const lower = fieldName(name);
    if (this.#list === undefined) return this.#head?.get(lower) !== undefined;
    return indexOfField(this.#list, lower) !== -1;
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2);
    const lower = fieldName(name);
    const text = fieldValue(value);
    setField(this.#changing(), lower, text);
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2);
    const lower = fieldName(name);
    const text = fieldValue(value);
    appendField(this.#changing(), lower, text);
  }

  delete(name: string): void {
    needArguments(arguments.length, 1);
    const lower = fieldName(name);
    deleteField(this.#changing(), lower);
  }

  getSetCookie(): string[] {
    return fieldValues(this.#fields(), 'set-cookie');
  }

  forEach(
    callback: (value: string, name: string, headers: LightHeaders) => void,
    self: unknown = globalThis,
  ): void {
    needArguments(arguments.length, 1);
    if (typeof callback !== 'function') throw new TypeError('forEach needs a function');
    for (const [name, value] of this.entries()) Reflect.apply(callback, self, [value, name, this]);
  }

  keys(): IterableIterator<string, undefined, unknown> {
    return new HeadersIterator(this, pickName);
  }

  values(): IterableIterator<string, undefined, unknown> {
    return new HeadersIterator(this, pickValue);
  }

  entries(): IterableIterator<[string, string], undefined, unknown> {
    return new HeadersIterator(this, pickPair);
  }

  [Symbol.iterator](): IterableIterator<[string, string], undefined, unknown> {
    return this.entries();
  }

  [inspect.custom](depth: number, options: object): string {
    const list = this.#fields();
    const shown: Record<string, string | undefined> = {};
    for (let i = 0; i < list.length; i += 2) shown[list[i]!] = getField(list, list[i]!);
    return `Headers ${inspect(shown, { depth, ...options })}`;
  }

  #fields(): string[] {
    if (this.#list !== undefined) return this.#list;
    const list: string[] = [];
    const fields = this.#head?.fields() ?? [];
    for (let i = 0; i < fields.length; i += 2) appendField(list, fields[i]!.toLowerCase(), fields[i + 1]!);
    return (this.#list = list);
  }

  #changing(): string[] {
    if (this.#immutable) throw new TypeError('immutable');
    this.#sorted = undefined;
    return this.#fields();
  }

  #pairs(): Array<[string, string]> {
    if (this.#sorted !== undefined) return this.#sorted;
    const list = this.#fields();
    const pairs: Array<[string, string]> = [];
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!]);
    // Stable, so cookies stay in order.
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    return (this.#sorted = pairs);
  }

  static {
    headersOf = (list, immutable) => {
      const headers = new LightHeaders();
      headers.#list = list;
      headers.#immutable = immutable;
      return headers;
    };
    headersOfHead = (head) => {
      const headers = new LightHeaders();
      headers.#head = head;
      return headers;
    };
    listOf = (headers) => headers.#fields();
    isLightHeaders = (value): value is LightHeaders => #list in value;
    pairsOf = (headers) => headers.#pairs();
  }
}

type Pick<T> = (pair: readonly [string, string]) => T;
const pickName: Pick<string> = (pair) => pair[0];
const pickValue: Pick<string> = (pair) => pair[1];
const pickPair: Pick<[string, string]> = (pair) => [pair[0], pair[1]];

/** Web IDL's default iterator object: sees changes made while it runs, by its index into the sorted pairs. */
class HeadersIterator<T> extends Iterator<T, undefined, unknown> {
  readonly #headers: LightHeaders;
  readonly #pick: Pick<T>;
  #index = 0;

  constructor(headers: LightHeaders, pick: Pick<T>) {
    super();
    this.#headers = headers;
    this.#pick = pick;
  }

  override next(): IteratorResult<T, undefined> {
    const pair = pairsOf(this.#headers)[this.#index];
    if (pair === undefined) return { value: undefined, done: true };
    this.#index++;
    return { value: this.#pick(pair), done: false };
  }
}
Object.defineProperty(HeadersIterator.prototype, Symbol.toStringTag, {
  value: 'Headers Iterator',
  configurable: true,
});

function needArguments(given: number, needed: number): void {
  if (given < needed)
    throw new TypeError(`${needed} argument${needed > 1 ? 's' : ''} required, ${given} given`);
}

passFor(LightHeaders, NativeHeaders, (self) => new NativeHeaders([...self]));
