// What an operation came to, in a form that two implementations can be compared by: the value, or the error's type.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

export type Outcome = { readonly value: unknown } | { readonly error: string; readonly name: string };

export async function outcomeOf(operation: () => unknown): Promise<Outcome> {
  try {
    return { value: await plain(await operation()) };
  } catch (error) {
    const { name } = error as Error;
    return { error: (error as Error).constructor.name, name };
  }
}

/** Objects of the platform, spelled out. */
async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return { type: value.type, text: await value.text() };
  if (value instanceof FormData)
    return Promise.all([...value].map(async ([name, part]) => [name, await plain(part)]));
  if (value instanceof ReadableStream) return 'a stream';
  if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)] };
  if (value instanceof Uint8Array) return { class: value.constructor.name, bytes: [...value] };
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  return value;
}

/** A test for each operation: it must come to the same with the light classes as with the platform's. */
export function sameOutcomes<Kit>(
  title: string,
  platform: Kit,
  light: Kit,
  operations: Readonly<Record<string, (kit: Kit) => unknown>>,
): void {
  describe(title, () => {
    for (const [name, operation] of Object.entries(operations)) {
      it(name, async () => {
        const expected = await outcomeOf(() => operation(platform));
        const actual = await outcomeOf(() => operation(light));
        assert.deepEqual(actual, expected, `light: ${inspect(actual)}, platform: ${inspect(expected)}`);
      });
    }
  });
}
