// Classes of octets, as tables of 256 entries: one load tells whether a byte may stand where it stands. Everything
// that reads or writes a message uses these. Names follow RFC 9110 section 5.6 and RFC 3986.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const COLON = 0x3a;

const ALPHA = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

/** A table with `value` for each character of `members`. */
function table(members: string, value = 1, into = new Uint8Array(256)): typeof into {
  for (let i = 0; i < members.length; i++) into[members.charCodeAt(i)] = value;
  return into;
}

/** Characters `from` to `to`, both included. */
function range(from: number, to: number): string {
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

/** `tchar`, of which methods, field names and codings are made. */
export const TOKEN = table(`!#$%&'*+-.^_\`|~${DIGITS}${ALPHA}`);

/** What a field value may hold: HTAB, SP, VCHAR and obs-text. Also reason phrases. */
export const FIELD_VALUE = table(`\t${range(0x20, 0x7e)}${range(0x80, 0xff)}`);

/**
 * What a request target may hold: visible ASCII but for `#`, since a fragment is never sent. Wider than RFC 3986,
 * which has no `"<>[]\^{|}` and backquote: browsers send those as they are, and they confuse nobody's framing.
 */
export const TARGET = table(range(0x21, 0x7e).replace('#', ''));

/** `reg-name` (RFC 3986 section 3.2.2): 1 for unreserved and sub-delims, 2 for the `%` that opens an escape. */
export const REG_NAME = table('%', 2, table(`-._~!$&'()*+,;=${DIGITS}${ALPHA}`));

/** The value of a hexadecimal digit, and NOT_HEX for everything else. */
export const NOT_HEX = 0xff;
export const HEX_VALUE = new Uint8Array(256).fill(NOT_HEX);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX_VALUE[digit.charCodeAt(0)] = value;
  HEX_VALUE[digit.toUpperCase().charCodeAt(0)] = value;
}

/** `ALPHA` in lower case, every other octet as it is: how case-insensitive names are compared. */
export const LOWER = new Uint8Array(256).map((_, i) => (i >= 0x41 && i <= 0x5a ? i + 0x20 : i));

/** Whether `bytes[start, start + word.length)` is `word` in any case. `word` is in lower case. */
export function matches(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    if (LOWER[bytes[start + i]!] !== word[i]) return false;
  }
  return true;
}

/** The octets of an ASCII word, for `matches`. */
export function octetsOf(word: string): Uint8Array {
  return Uint8Array.from(word, (character) => character.charCodeAt(0));
}

/**
 * The text of `bytes[start, end)`, one character an octet. `latin1Slice` is what `toString('latin1')` ends up in; it
 * is called directly because it is half the price for short texts, and through a cast because it is not typed.
 */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}
