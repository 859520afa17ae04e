// Whether it is worth looking again at a head that was not complete. It stays so until another line ends or a limit is
// passed, and a client that sends an octet at a time must not have all of it parsed anew for each.

import type { HeadLimits } from '../http/index.ts';
import type { Input } from './input.ts';

const CR = 13;
const LF = 10;

/** Whether what has come since the first `tried` octets of `input` were parsed in vain may change the answer. */
export function isWorthParsing(input: Input, tried: number, limits: HeadLimits): boolean {
  if (indexOf(input, LF, input.start + tried) !== -1) return true;
  if (input.size < limits.requestLine) return false;
  const sectionStart = indexOf(input, LF, requestLineOf(input)) + 1;
  return sectionStart === 0 || input.size >= sectionStart - input.start + limits.headerSection;
}

/** Where the request line starts: behind the empty lines before it, each of which was found to be CRLF. */
function requestLineOf({ bytes, start, end }: Input): number {
  let at = start;
  while (at < end && bytes[at] === CR) at += 2;
  return at;
}

function indexOf({ bytes, end }: Input, octet: number, from: number): number {
  const at = bytes.indexOf(octet, from);
  return at < end ? at : -1;
}
