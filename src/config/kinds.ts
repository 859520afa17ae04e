// The kinds of values that settings have, as plain data: what the table (`table.ts`) is written in. `schema.ts` makes
// validators of them; that file alone loads zod, so a worker that gets its settings validated, or a program that
// takes the defaults, does not pay for it (80 ms).

import { type BindAddress, formatBind } from './bind.ts';
import { formatDuration, formatSize } from './quantities.ts';

/** Milliseconds; written with a unit. */
export interface DurationKind {
  readonly type: 'duration';
  readonly min: number;
  readonly max: number;
  /** What 0 means, where it is not just the shortest duration. */
  readonly zero?: string;
}

/** Bytes, or bytes a second; written with k, M or G. */
export interface SizeKind {
  readonly type: 'size' | 'rate';
  readonly min: number;
  readonly max: number;
  readonly zero?: string;
}

export interface CountKind {
  readonly type: 'count';
  readonly min: number;
  readonly max: number;
  readonly zero?: string;
  /** A word for 0. */
  readonly word?: string;
}

export interface SwitchKind {
  readonly type: 'switch';
}

export interface ChoiceKind<Word extends string = string> {
  readonly type: 'choice';
  readonly words: readonly Word[];
}

/** Permission bits of a file, written in octal. */
export interface ModeKind {
  readonly type: 'mode';
  /** A word for -1: no such bits are given. */
  readonly word?: string;
}

/** A text that is not looked into: a path, a name. '' where there is none. */
export interface TextKind {
  readonly type: 'text';
  /** What stands for it in `--help`. */
  readonly placeholder: string;
  /** What is expected of it, for messages. */
  readonly what: string;
  /** What '' means. */
  readonly none: string;
  /** What it begins with, if it is not ''. */
  readonly prefix?: string;
}

/** Several of those; the flag may be repeated. */
export interface TextsKind {
  readonly type: 'texts';
  readonly placeholder: string;
  readonly what: string;
}

/** Addresses to listen on; the flag may be repeated. */
export interface BindsKind {
  readonly type: 'binds';
}

/** Addresses and CIDR blocks; the flag may be repeated. */
export interface NetworksKind {
  readonly type: 'networks';
}

export type Kind =
  | DurationKind
  | SizeKind
  | CountKind
  | SwitchKind
  | ChoiceKind
  | ModeKind
  | TextKind
  | TextsKind
  | BindsKind
  | NetworksKind;

/** The type of a setting's value, given its kind. All are plain JSON. */
export type ValueOf<K extends Kind> = K extends DurationKind | SizeKind | CountKind | ModeKind
  ? number
  : K extends SwitchKind
    ? boolean
    : K extends ChoiceKind<infer Word>
      ? Word
      : K extends BindsKind
        ? readonly BindAddress[]
        : K extends NetworksKind | TextsKind
          ? readonly string[]
          : K extends TextKind
            ? string
            : never;

/** Longer than any exchange should take; catches milliseconds written as seconds. */
const LONGEST = 24 * 3_600_000;

/** A duration from `min` milliseconds to a day; with `zero`, 0 is allowed and means that. */
export function duration(min: number, zero?: string): DurationKind {
  return { type: 'duration', min, max: LONGEST, ...(zero !== undefined && { zero }) };
}

export function size(min: number, max: number, zero?: string): SizeKind {
  return { type: 'size', min, max, ...(zero !== undefined && { zero }) };
}

export function rate(min: number, max: number, zero?: string): SizeKind {
  return { type: 'rate', min, max, ...(zero !== undefined && { zero }) };
}

export function count(
  min: number,
  max: number,
  none: { readonly zero?: string; readonly word?: string } = {},
): CountKind {
  return { type: 'count', min, max, ...none };
}

export function choice<const Word extends string>(...words: readonly Word[]): ChoiceKind<Word> {
  return { type: 'choice', words };
}

export const onOff: SwitchKind = { type: 'switch' };
export const fileMode: ModeKind = { type: 'mode' };

/** A text, or '', which means `none`. */
export function text(placeholder: string, what: string, none: string, prefix?: string): TextKind {
  return { type: 'text', placeholder, what, none, ...(prefix !== undefined && { prefix }) };
}

export function texts(placeholder: string, what: string): TextsKind {
  return { type: 'texts', placeholder, what };
}

export const binds: BindsKind = { type: 'binds' };
export const networks: NetworksKind = { type: 'networks' };

/** Whether the flag may be given several times, and the environment's value is a list with commas. */
export function isList(kind: Kind): boolean {
  return kind.type === 'binds' || kind.type === 'networks' || kind.type === 'texts';
}

/** The word that stands for the value in `--help`; '' for a switch. */
export function placeholder(kind: Kind): string {
  return kind.type === 'text' || kind.type === 'texts' ? kind.placeholder : PLACEHOLDERS[kind.type];
}

const PLACEHOLDERS: Readonly<Record<Exclude<Kind['type'], 'text' | 'texts'>, string>> = {
  duration: 'DURATION',
  size: 'SIZE',
  rate: 'SIZE',
  count: 'N',
  switch: '',
  choice: 'WORD',
  mode: 'MODE',
  binds: 'ADDRESS',
  networks: 'NETWORK',
};

/** What a value of this kind looks like, for messages and the settings page. */
export function expectation(kind: Kind): string {
  switch (kind.type) {
    case 'duration':
      return ranged('a duration', 'such as 500ms, 30s or 2m', kind, formatDuration);
    case 'size':
      return ranged('a size in bytes', 'such as 8192, 8k, 100M or 1G', kind, formatSize);
    case 'rate':
      return ranged('bytes a second', 'such as 256 or 8k', kind, formatSize);
    case 'count':
      return ranged('a whole number', '', kind, String) + (kind.word === undefined ? '' : ` (${kind.word})`);
    case 'switch':
      return 'on or off (also true or false, yes or no, 1 or 0)';
    case 'choice':
      return `one of ${kind.words.join(', ')}`;
    case 'mode':
      return `permission bits in octal, such as 660${kind.word === undefined ? '' : ` (${kind.word})`}`;
    case 'text':
    case 'texts':
      return kind.what;
    case 'binds':
      return 'an address to listen on: HOST:PORT, [v6]:PORT, :PORT, PORT, unix:PATH or fd://N';
    case 'networks':
      return 'addresses or CIDR blocks, such as 10.0.0.0/8; unix for unix sockets, * for everybody';
  }
}

function ranged(
  what: string,
  examples: string,
  kind: { readonly min: number; readonly max: number; readonly zero?: string },
  format: (value: number) => string,
): string {
  const range =
    kind.max === Number.MAX_SAFE_INTEGER
      ? `of at least ${format(kind.min)}`
      : `from ${format(kind.min)} to ${format(kind.max)}`;
  const zero = kind.zero === undefined ? '' : `; 0: ${kind.zero}`;
  return `${what} ${range}${examples === '' ? '' : `, ${examples}`}${zero}`;
}

/** The value as a person would write it. */
export function formatValue(kind: Kind, value: unknown): string {
  switch (kind.type) {
    case 'duration':
      return formatDuration(value as number);
    case 'size':
    case 'rate':
      return formatSize(value as number);
    case 'count':
      return value === 0 ? (kind.word ?? '0') : String(value);
    case 'switch':
      return value === true ? 'on' : 'off';
    case 'mode':
      return value === -1 ? (kind.word ?? '') : (value as number).toString(8).padStart(3, '0');
    case 'text':
      return value === '' ? kind.none : (value as string);
    case 'texts':
      return (value as readonly string[]).join(',') || 'none';
    case 'binds':
      return (value as readonly BindAddress[]).map(formatBind).join(',');
    case 'networks':
      return (value as readonly string[]).join(',');
    default:
      return String(value);
  }
}
