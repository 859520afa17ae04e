// What is compared of what the two servers gave: plain data, such that a difference can be read, without what is no
// decision of the server (the date, the seconds in Keep-Alive) and what a row calls volatile (a session's id).
//
// Where chunks end is not compared: it has no meaning (RFC 9112, section 7.1). Node makes one of all that a program writes
// in a tick, or of each write, as it happens to know the head by then; a proxy's chunks are as they arrived.

import { createHash } from 'node:crypto';

/** What matches is replaced by the text, on both sides. */
export type Blank = readonly [RegExp, string];

/** Where a row's answers can't be the same byte for byte. */
export interface Leniency {
  readonly volatile?: readonly Blank[];
  /** Headers that are not compared. */
  readonly except?: readonly string[];
  /** `free`: whether there are interim answers is the server's choice here. */
  readonly interim?: 'free';
  /** `free`: who of the two closes first, and whether it is heard, is a race. */
  readonly ending?: 'free';
}

const ALWAYS: readonly Blank[] = [
  [/^date: .*/gim, 'Date: <now>'],
  [/^(keep-alive: timeout=)\d+/gim, '$1<seconds>'],
];

export function essenceOf(value: unknown, leniency: Leniency): unknown {
  const { except = [], interim, ending, volatile = [] } = leniency;
  const blanks = [...ALWAYS, ...volatile];
  const free = new Set(['chunks', interim === 'free' && 'interim', ending === 'free' && 'ending']);
  const look = (one: unknown): unknown => {
    if (typeof one === 'string') return blanks.reduce((text, [what, by]) => text.replaceAll(what, by), one);
    if (one instanceof Uint8Array) return excerpt(Buffer.from(one), look);
    if (Array.isArray(one)) return one.map(look);
    if (typeof one !== 'object' || one === null) return one;
    const entries = Object.entries(one).filter(([key]) => !free.has(key));
    return Object.fromEntries(
      entries.map(([key, part]) => [key, look(key === 'headers' ? compared(part) : part)]),
    );
  };
  const compared = (lines: readonly string[]) =>
    lines.filter((line) => !except.some((name) => line.toLowerCase().startsWith(`${name}:`)));
  return look(value);
}

/** Text as it is; a long body, or one that is no text, by its beginning, length and hash. */
function excerpt(bytes: Buffer, blank: (line: string) => unknown): unknown {
  const latin = bytes.toString('latin1');
  if (bytes.length <= 8192 && !/[\0-\x08\x0e-\x1d]/.test(latin)) return blank(latin);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return `${latin.slice(0, 80)}… ${bytes.length} bytes, ${hash}`;
}
