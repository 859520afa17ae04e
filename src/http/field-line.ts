// One field line on its way out, checked. An app that sends a field sends mostly the same value again (a content type,
// a cache policy), so each name's last line is remembered: a repeated one costs a look-up instead of a check of every
// character.

import { FIELD_VALUE, TOKEN } from './octets.ts';
import { LocalProtocolError } from './problem.ts';

/** Names whose last line is remembered, and characters of the longest line that is. */
const REMEMBERED_NAMES = 64;
const REMEMBERED_LENGTH = 256;

interface Remembered {
  value: string;
  line: string;
}

const lastLines = new Map<string, Remembered>();

/** `name: value` CRLF. Throws `LocalProtocolError` for a name or a value that HTTP does not allow. */
export function fieldLine(name: string, value: string): string {
  const last = lastLines.get(name);
  if (last !== undefined && last.value === value) return last.line;
  checkName(name);
  // What is checked is what is sent, also where types were no obstacle: an object has no length, and a text all the same.
  const text = `${value}`;
  checkValue(name, text);
  const line = `${name}: ${text}\r\n`;
  if (line.length > REMEMBERED_LENGTH) return line;
  if (last !== undefined) {
    last.value = text;
    last.line = line;
  } else if (lastLines.size < REMEMBERED_NAMES) lastLines.set(name, { value: text, line });
  return line;
}

/** Throws unless `name` is a token. `what` it names goes into the message. */
export function checkName(name: string, what = 'header name'): void {
  let i = 0;
  while (i < name.length && TOKEN[name.charCodeAt(i)] === 1) i++;
  if (i < name.length || i === 0) {
    throw new LocalProtocolError('ERR_HTTP_TOKEN', `${what} ${JSON.stringify(name)} is not a token`);
  }
}

/** Throws unless `value` is made of octets that a field value may hold. Blanks around it are the peer's to drop. */
function checkValue(name: string, value: string): void {
  for (let i = 0; i < value.length; i++) {
    if (FIELD_VALUE[value.charCodeAt(i)] !== 1) {
      const octet = value.charCodeAt(i).toString(16).padStart(2, '0');
      throw new LocalProtocolError(
        'ERR_HTTP_FIELD_VALUE',
        `the value of header "${name}" holds the character 0x${octet}: CR, LF, NUL and other controls are refused, ` +
          'and text outside latin1 must be encoded first',
      );
    }
  }
}
