// Validators for the kinds of settings, made with zod. Loaded by `resolve.ts` only when there are settings to read.
// Text (flags, environment) and values of the right type already (options of a program) go through the same checks.

import * as z from 'zod';
import { type BindAddress, formatBind, type NamedHost, parseBind } from './bind.ts';
import { BadValue } from './errors.ts';
import { formatValue, isList, type Kind } from './kinds.ts';
import { parseNetwork } from './networks.ts';
import { parseDuration, parseSize } from './quantities.ts';

/** What a person or a program gave for a setting. */
export type RawValue = unknown;

/** The value, or what is wrong with which part of what was given. */
export type Reading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly got: string; readonly reason: string };

/** Reads and checks one value. Host names among addresses stay names. */
export function readValue(kind: Kind, raw: RawValue): Reading {
  const input = isList(kind) ? items(raw) : raw;
  const result = schemaOf(kind).safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0]!;
  const index = issue.path[0];
  const got = Array.isArray(input) && typeof index === 'number' ? input[index] : raw;
  return { ok: false, got: display(got), reason: issue.message };
}

function schemaOf(kind: Kind): z.ZodType {
  switch (kind.type) {
    case 'duration':
      return number(kind, parseDuration);
    case 'size':
    case 'rate':
      return number(kind, parseSize);
    case 'count':
      return number(kind, (text) => (text.trim() === kind.word ? 0 : parseCount(text)));
    case 'switch':
      return fromText(parseSwitch).pipe(z.boolean({ error: 'it is neither on nor off' }));
    case 'choice':
      return z.enum(kind.words, { error: 'there is no such choice' });
    case 'mode':
      return fromText((given) => (given.trim() === kind.word ? -1 : parseMode(given))).pipe(
        z
          .int({ error: 'it is not a mode' })
          .min(kind.word === undefined ? 0 : -1)
          .max(0o777, 'it is above 777'),
      );
    case 'text':
      return kind.prefix === undefined ? plainText : beginningWith(kind.prefix);
    case 'texts':
      return z.array(plainText, { error: 'it is not a list of texts' });
    case 'binds':
      return z
        .array(fromText(parseBind).pipe(bindObject), { error: 'it is not a list of addresses' })
        .min(1, 'it is an empty list')
        .check(noDuplicates);
    case 'networks':
      return z.array(fromText(parseNetwork).pipe(z.string({ error: 'it is not a text' })), {
        error: 'it is not a list of addresses',
      });
  }
}

function number(kind: Kind & { min: number; max: number; zero?: string }, parse: (text: string) => number) {
  return fromText(parse)
    .pipe(z.int({ error: 'it is not a whole number' }))
    .refine((value) => value >= kind.min || (value === 0 && kind.zero !== undefined), {
      error: `it is below ${formatValue(kind, kind.min)}`,
      abort: true,
    })
    .refine((value) => value <= kind.max, { error: `it is above ${formatValue(kind, kind.max)}` });
}

const plainText = z
  .string({ error: 'it is not a text' })
  .refine((given) => !given.includes('\0'), { error: 'it has a NUL in it' });

function beginningWith(prefix: string): z.ZodType<string> {
  return plainText.refine(
    (text) => text === '' || text.startsWith(prefix),
    `it does not begin with ${prefix}`,
  );
}

const port = z.int({ error: 'its port is not a number' }).min(0).max(65_535, 'its port is above 65535');

const bindObject = z.discriminatedUnion(
  'family',
  [
    z.object({ family: z.literal('inet'), host: z.ipv4({ error: 'its host is not an IPv4 address' }), port }),
    z.object({
      family: z.literal('inet6'),
      host: z.ipv6({ error: 'its host is not an IPv6 address' }),
      port,
    }),
    z.object({ family: z.literal('name'), host: z.string(), port }),
    z.object({ family: z.literal('unix'), path: z.string().min(1, 'its path is empty') }),
    z.object({ family: z.literal('fd'), fd: z.int({ error: 'its fd is not a number' }).min(0) }),
  ],
  { error: 'it is not an address' },
);

function noDuplicates(ctx: z.core.ParsePayload<(BindAddress | NamedHost)[]>): void {
  const seen = new Set<string>();
  for (const [index, bind] of ctx.value.entries()) {
    const text = formatBind(bind);
    const anyPort = 'port' in bind && bind.port === 0;
    if (seen.has(text) && !anyPort) {
      ctx.issues.push({ code: 'custom', message: 'it is given twice', path: [index], input: ctx.value });
      return;
    }
    seen.add(text);
  }
}

/** Parses text; what is not text passes unchanged, to be checked by what is piped behind. */
function fromText<T>(parse: (text: string) => T) {
  return z.unknown().transform((raw, ctx): unknown => {
    if (typeof raw !== 'string') return raw;
    try {
      return parse(raw);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      ctx.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ on: true, true: true, yes: true, 1: true, off: false, false: false, no: false, 0: false }),
);

function parseSwitch(text: string): boolean {
  const value = SWITCH_WORDS.get(text.trim().toLowerCase());
  if (value === undefined) throw new BadValue('it is neither on nor off');
  return value;
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new BadValue('it is not a whole number');
  return Number(text);
}

function parseMode(text: string): number {
  if (!/^(0o?)?[0-7]{1,3}$/.test(text.trim())) throw new BadValue('it is not an octal mode');
  return Number.parseInt(text.trim().replace(/^0o/, ''), 8);
}

/** `a,b` and ['a', 'b'] and ['a,b'] are the same list; one address may come without a list around it. */
function items(raw: RawValue): unknown {
  if (Array.isArray(raw))
    return raw.flatMap((item) => (typeof item === 'string' ? commaSeparated(item) : [item]));
  if (typeof raw === 'string') return commaSeparated(raw);
  return typeof raw === 'number' || (typeof raw === 'object' && raw !== null) ? [raw] : raw;
}

function commaSeparated(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function display(raw: RawValue): string {
  if (typeof raw === 'string') return raw === '' ? "''" : raw;
  return JSON.stringify(raw) ?? String(raw);
}
