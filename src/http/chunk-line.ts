// The grammar of the line that opens a chunk, as a table: what may follow what. `BodyDecoder` walks it an octet at a
// time, so that a line may arrive in any number of pieces.
//
//     chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF         RFC 9112 section 7.1
//     chunk-ext      = *( BWS ";" BWS chunk-ext-name
//                         [ BWS "=" BWS chunk-ext-val ] )
//     chunk-ext-val  = token / quoted-string
//
//     AFTER_SIZE ──";"──▶ NAME_START ──token──▶ NAME ──"="──▶ VALUE_START ──token──▶ VALUE
//          ▲                  ▲                  │                 └──DQUOTE──▶ QUOTED ⇄ ESCAPED
//          │                  └──";"─────────────┴──────────────────────────────── AFTER_QUOTED
//        digits                                  any that may end the line ──CR──▶ LINE_LF
//
// BWS is allowed only where another part follows it: a size or a value with a blank before the CR is refused.

import { CR, FIELD_VALUE, HTAB, SP, TOKEN } from './octets.ts';

/** Places in the line. REFUSED is 0, so that what the table does not name is refused. */
export const REFUSED = 0;
export const AFTER_SIZE = 1;
export const LINE_LF = 2;
const BEFORE_NAME = 3;
const NAME_START = 4;
const NAME = 5;
const AFTER_NAME = 6;
const VALUE_START = 7;
const VALUE = 8;
const QUOTED = 9;
const ESCAPED = 10;
const AFTER_QUOTED = 11;

/** Classes of octets. */
const OTHER = 0;
const TEXT = 1;
const TCHAR = 2;
const BLANK = 3;
const SEMICOLON = 4;
const EQUALS = 5;
const DQUOTE = 6;
const BACKSLASH = 7;
const RETURN = 8;

const CLASS = new Uint8Array(256).map((_, octet) => {
  if (octet === SP || octet === HTAB) return BLANK;
  if (octet === CR) return RETURN;
  const special = ';="\\'.indexOf(String.fromCharCode(octet));
  if (special >= 0) return [SEMICOLON, EQUALS, DQUOTE, BACKSLASH][special]!;
  return TOKEN[octet] !== 0 ? TCHAR : FIELD_VALUE[octet] !== 0 ? TEXT : OTHER;
});

type Moves = Readonly<Partial<Record<number, number>>>;

/** In a quoted-string everything printable stands for itself, but for the quote and the backslash. */
const WITHIN_QUOTES: Moves = {
  [TEXT]: QUOTED,
  [TCHAR]: QUOTED,
  [BLANK]: QUOTED,
  [SEMICOLON]: QUOTED,
  [EQUALS]: QUOTED,
};

const MOVES: Readonly<Record<number, Moves>> = {
  [AFTER_SIZE]: { [SEMICOLON]: NAME_START, [BLANK]: BEFORE_NAME, [RETURN]: LINE_LF },
  [BEFORE_NAME]: { [BLANK]: BEFORE_NAME, [SEMICOLON]: NAME_START },
  [NAME_START]: { [BLANK]: NAME_START, [TCHAR]: NAME },
  [NAME]: {
    [TCHAR]: NAME,
    [BLANK]: AFTER_NAME,
    [EQUALS]: VALUE_START,
    [SEMICOLON]: NAME_START,
    [RETURN]: LINE_LF,
  },
  [AFTER_NAME]: { [BLANK]: AFTER_NAME, [EQUALS]: VALUE_START, [SEMICOLON]: NAME_START },
  [VALUE_START]: { [BLANK]: VALUE_START, [TCHAR]: VALUE, [DQUOTE]: QUOTED },
  [VALUE]: { [TCHAR]: VALUE, [BLANK]: BEFORE_NAME, [SEMICOLON]: NAME_START, [RETURN]: LINE_LF },
  [QUOTED]: { ...WITHIN_QUOTES, [DQUOTE]: AFTER_QUOTED, [BACKSLASH]: ESCAPED },
  [ESCAPED]: { ...WITHIN_QUOTES, [DQUOTE]: QUOTED, [BACKSLASH]: QUOTED },
  [AFTER_QUOTED]: { [BLANK]: BEFORE_NAME, [SEMICOLON]: NAME_START, [RETURN]: LINE_LF },
};

const NEXT = new Uint8Array(16 * 16);
for (const [place, moves] of Object.entries(MOVES)) {
  for (const [octetClass, next] of Object.entries(moves))
    NEXT[Number(place) * 16 + Number(octetClass)] = next!;
}

/** Where `octet` leads from `place`: REFUSED, LINE_LF (an LF must come, and ends the line), or another place. */
export function advance(place: number, octet: number): number {
  return NEXT[place * 16 + CLASS[octet]!]!;
}
