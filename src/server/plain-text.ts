// The server's own answers, in words that a person at a terminal or in a browser understands and that tell an attacker
// nothing.

import { reasonPhrase } from '../http/index.ts';

/** Their media type. */
export const TEXT = 'text/plain; charset=utf-8';

/** @example plainText(413, 'the body is too large') // '413 Content Too Large: the body is too large\n' */
export function plainText(status: number, detail: string): string {
  return `${status} ${reasonPhrase(status)}${detail === '' ? '' : `: ${detail}`}\n`;
}
