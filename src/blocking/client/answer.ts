// One complete answer of a server, as the client hands it around.

export interface Answer {
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  /** All fields, flat: `[name, value, name, value, ...]`. */
  fields(): readonly string[];
  /** The value of the fields named `name` (in lower case), combined; `undefined` where there are none. */
  get(name: string): string | undefined;
  /** The whole body, in memory of its own. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export const NO_BYTES = new Uint8Array(0);

/** An answer of which the fields are at hand: over TLS, or from the helper thread. */
export class ListedAnswer implements Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly #fields: readonly string[];

  constructor(status: number, reason: string, fields: readonly string[], body: Uint8Array<ArrayBuffer>) {
    this.status = status;
    this.reason = reason;
    this.body = body;
    this.#fields = fields;
  }

  fields(): readonly string[] {
    return this.#fields;
  }

  get(name: string): string | undefined {
    let value: string | undefined;
    for (let i = 0; i < this.#fields.length; i += 2) {
      if (this.#fields[i]!.toLowerCase() !== name) continue;
      const next = this.#fields[i + 1]!;
      value = value === undefined ? next : `${value}, ${next}`;
    }
    return value;
  }
}
