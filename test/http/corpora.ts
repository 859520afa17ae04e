// Other projects' request corpora, where they lie beside the checkout (`../shared/corpora`). Their cases are data:
// octets, and what those projects make of them. The tests compare; the fuzzer mutates.

import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../shared/corpora/', import.meta.url);

export interface GunicornCase {
  readonly id: string;
  readonly raw: string;
  /** Settings the case assumes; where there are none, gunicorn's defaults. */
  readonly cfg: Readonly<Record<string, unknown>>;
  /** The requests in it, or the name of the error. */
  readonly expect: string | readonly GunicornRequest[];
}

export interface GunicornRequest {
  readonly method: string;
  readonly uri: string;
  readonly version: readonly [number, number];
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

export interface LlhttpCase {
  readonly id: string;
  /** `request`, or one of the parser's lenient modes. */
  readonly type: string;
  readonly raw: string;
  /** 22 and 23 are pauses for an upgrade and CONNECT; others are refusals. */
  readonly error: number | null;
  readonly reason: string | null;
  /** Whole messages in it. */
  readonly complete: number;
  readonly urls: readonly string[];
}

export const hasCorpora = existsSync(folder);

function load<Case>(name: string): readonly Case[] {
  return hasCorpora ? JSON.parse(readFileSync(new URL(name, folder), 'utf8')) : [];
}

export const gunicorn = load<GunicornCase>('gunicorn.json');
export const llhttp = load<LlhttpCase>('llhttp.json');

/** Cases whose body looks like a request: nothing may be put into it. */
const VERBATIM: ReadonlySet<string> = new Set(['gunicorn/valid/020']);

/**
 * The octets of a case, with `Host: localhost` in every HTTP/1.1 head that has no Host: the corpora are older than the
 * rule, or do not care, and would be refused for that alone.
 */
export function withHost(raw: string, id = ''): Buffer {
  if (VERBATIM.has(id)) return Buffer.from(raw, 'latin1');
  const heads = /( HTTP\/1\.[1-9]\r\n)((?:(?!\r\n)[\s\S]*?\r\n)*)/g;
  const text = raw.replace(heads, (all, lineEnd: string, fields: string) =>
    /(?:^|\r\n)host[ \t]*:/i.test(fields) ? all : `${lineEnd}Host: localhost\r\n${fields}`,
  );
  return Buffer.from(text, 'latin1');
}

/** The fragment of a first request's target. */
const FRAGMENT = /(?<=^[A-Z]+ [^\s#]*)#\S*/;

export function hasFragment(raw: string): boolean {
  return FRAGMENT.test(raw);
}

/** A case without its fragment, which is refused before anything else in it is looked at. */
export function withoutFragment(raw: string): string {
  return raw.replace(FRAGMENT, '');
}
