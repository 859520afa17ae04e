// What the access log says of a request that was refused before it was one: its line, as far as there is one to read.

import type { AccessRecord } from './log.ts';

/** Octets of a line that goes on, or is none, that a log is given. */
const LONGEST = 1024;
const REQUEST_LINE = /^(\S+) (\S+) HTTP\/(\d\.\d)$/;

/** `-` for what is unknown; the whole line is the target where it can't be taken apart. */
export function lineAsSent(
  bytes: Buffer,
  start: number,
  end: number,
): Pick<AccessRecord, 'method' | 'target' | 'httpVersion'> {
  const text = bytes.toString('latin1', start, Math.min(end, start + LONGEST));
  const line = /^(?:\r?\n)*([^\r\n]*)/.exec(text)?.[1] ?? '';
  const [, method = '-', target = line || '-', httpVersion = '-'] = REQUEST_LINE.exec(line) ?? [];
  return { method, target, httpVersion };
}
