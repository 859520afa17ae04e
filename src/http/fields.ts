// A field section read on demand. The scanner has proven the section well-formed and copied it into one string; here
// names and values are cut out of that string when somebody asks, and not before: most requests are answered without
// a look at most of their fields.

const HTAB = 0x09;
const SP = 0x20;

/** Numbers kept per field: where its name starts and ends, and where its value starts and ends. */
const STRIDE = 4;

/** The fields of one section, in the order and the spelling in which they came. */
export class Fields {
  readonly #text: string;
  readonly #index: number[] = [];

  /** `text[start, end)` is whole field lines, each ended by CRLF, as a scanner has accepted them. */
  constructor(text: string, start: number, end: number) {
    this.#text = text;
    for (let at = start; at < end; ) {
      const lineEnd = text.indexOf('\r\n', at);
      const colon = text.indexOf(':', at);
      let valueStart = colon + 1;
      let valueEnd = lineEnd;
      while (valueStart < valueEnd && isBlank(text.charCodeAt(valueStart))) valueStart += 1;
      while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
      this.#index.push(at, colon, valueStart, valueEnd);
      at = lineEnd + 2;
    }
  }

  /**
   * The value of the fields called `name` (in lower case), or `undefined` where there are none. Several are combined
   * in order with `, ` (RFC 9110 section 5.3), cookies with `; ` (RFC 6265 section 5.4).
   */
  get(name: string): string | undefined {
    const text = this.#text;
    const index = this.#index;
    let value: string | undefined;
    for (let i = 0; i < index.length; i += STRIDE) {
      const start = index[i]!;
      if (index[i + 1]! - start !== name.length || !isNamed(text, start, name)) continue;
      const next = text.slice(index[i + 2]!, index[i + 3]!);
      value = value === undefined ? next : value + (name === 'cookie' ? '; ' : ', ') + next;
    }
    return value;
  }

  /** All of them, flat: `[name, value, name, value, ...]`, names as sent, values without the whitespace around. */
  list(): string[] {
    const text = this.#text;
    const index = this.#index;
    const flat: string[] = [];
    for (let i = 0; i < index.length; i += STRIDE) {
      flat.push(text.slice(index[i]!, index[i + 1]!), text.slice(index[i + 2]!, index[i + 3]!));
    }
    return flat;
  }
}

/** OWS = *( SP / HTAB ) */
function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Whether the field name that starts at `start` is `name`, which is in lower case. The lengths are equal. */
function isNamed(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    let code = text.charCodeAt(start + i);
    if (code >= 0x41 && code <= 0x5a) code += 0x20;
    if (code !== name.charCodeAt(i)) return false;
  }
  return true;
}
