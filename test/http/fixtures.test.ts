// Every fixture: a `.http` file is what a client sends, the `.json` beside it what a server must make of it. Each is
// read whole, cut in two at every octet but for the inner of long lines, octet by octet, and behind another request.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DEFAULT_HEAD_LIMITS, parseRequestHead, RequestHead } from '../../src/http/index.ts';
import { type Message, transcribeEveryWay } from './transcript.ts';

interface Expectation {
  readonly why: string;
  readonly maxBodyBytes?: number;
  readonly ends?: boolean;
  readonly requests: readonly ExpectedRequest[];
  readonly problem?: { readonly status: number; readonly code: string };
  readonly then?: 'need-data' | 'closed';
}

interface ExpectedRequest extends Readonly<Record<string, unknown>> {
  readonly body: string;
  readonly trailers?: readonly string[];
  /** The body did not come to its end. */
  readonly incomplete?: boolean;
  /** Values asked for by name. */
  readonly get?: Readonly<Record<string, string>>;
}

const folder = new URL('./fixtures/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.http'))
  .map((file) => file.slice(0, -'.http'.length));

describe('a fixture', () => {
  it('has a request and an expectation, and there are many', () => {
    assert.ok(names.length > 150, `${names.length}`);
  });

  for (const name of names) {
    const expected: Expectation = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
    it(`${name}: ${expected.why}`, () => {
      const bytes = readFileSync(new URL(`${name}.http`, folder));
      const transcript = transcribeEveryWay(bytes, expected);
      transcript.messages.forEach((message, i) => {
        compare(message, expected.requests[i]);
      });
      assert.equal(transcript.messages.length, expected.requests.length);
      const problem = expected.problem;
      assert.equal(transcript.end, problem ? `${problem.status} ${problem.code}` : expected.then);
      if (expected.requests[0]?.get) compareLookups(bytes, expected.requests[0].get);
    });
  }
});

function compare(message: Message, expected: ExpectedRequest | undefined): void {
  assert.ok(expected, `one request too many: ${message.head['method']} ${message.head['size']}`);
  const { body, trailers = [], incomplete = false, get: _, ...head } = expected;
  for (const [key, value] of Object.entries(head)) assert.deepEqual(message.head[key], value, key);
  assert.equal(message.body, body);
  assert.deepEqual(message.trailers, incomplete ? undefined : trailers);
}

function compareLookups(bytes: Buffer, expected: Readonly<Record<string, string>>): void {
  const head = parseRequestHead(bytes, 0, bytes.length, DEFAULT_HEAD_LIMITS);
  assert.ok(head instanceof RequestHead);
  for (const [name, value] of Object.entries(expected)) assert.equal(head.get(name), value);
  assert.equal(head.get('absent'), undefined);
}
