/**
 * A field's value without the blanks and line ends around it, as the Fetch standard normalizes it: a pattern for those at the
 * end would look at each run of them within the text once for every blank in it.
 */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** HTAB, LF, CR and SP (https://fetch.spec.whatwg.org/#http-whitespace). */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
