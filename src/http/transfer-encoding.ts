// What a Transfer-Encoding that is not simply `chunked` deserves. The parsers come here rarely: honest clients send
// `chunked` and nothing else, and everything else is either a coding we lack or somebody hoping that two servers
// read it differently.

import { PROBLEMS, type Problem } from './problem.ts';

//     Transfer-Encoding  = #transfer-coding                            RFC 9112 section 6.1
//     transfer-coding    = token *( OWS ";" OWS transfer-parameter )   RFC 9110 section 10.1.4
// With the white space around a list's element; to cut that off first would take a pattern that is quadratic in blanks.
const CODING =
  /^[ \t]*([!#$%&'*+\-.^_`|~0-9a-z]+)((?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9a-z]+[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9a-z]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))*)[ \t]*$/i;

/**
 * Judges the combined value of the Transfer-Encoding fields of one message. `chunked` must come last and once, without
 * parameters (it has none, section 7); other codings before it are real, but not implemented. `undefined`: the body is
 * chunked and nothing more.
 *
 * Empty list elements, which RFC 9110 section 5.6.1.2 has recipients skip in "a reasonable number", are refused:
 * for this field the reasonable number is none.
 */
export function judgeTransferEncoding(value: string): Problem | undefined {
  const codings = value.split(',').map((part) => CODING.exec(part));
  const names: string[] = [];
  for (const coding of codings) {
    if (coding === null) return PROBLEMS.coding;
    const name = coding[1]!.toLowerCase();
    if (name === 'chunked' && coding[2] !== '') return PROBLEMS.coding;
    names.push(name);
  }
  if (names.indexOf('chunked') !== names.length - 1) return PROBLEMS.coding;
  return names.length === 1 ? undefined : PROBLEMS.codingUnknown;
}
