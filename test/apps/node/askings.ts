// What several frameworks' tests ask in the same way.

import assert from 'node:assert/strict';
import { multipart } from '../multipart.ts';
import { type Answer, fieldOf, statusOf } from './answer.ts';
import { type Ask, get, head, post } from './ask.ts';
import type { Twins } from './twins.ts';

/** Of a browser's question, before it sends a PUT of another site's page. */
export const CORS = { Origin: 'https://friend.example', 'Access-Control-Request-Method': 'PUT' };

/** A form with a file of so many octets. */
export function upload(path: string, size: number, field = 'file'): Ask {
  const part = { name: field, filename: 'a.txt', type: 'text/plain', body: 'x'.repeat(size) };
  const { type, body } = multipart([{ name: 'title', body: 'A title' }, part]);
  return post(path, body, { 'Content-Type': type });
}

/** Says that answers have these statuses, in this order. */
export const statuses = (expected: string) => (answers: Answer[]) =>
  assert.equal(answers.map(statusOf).join(' '), expected);

export interface Askings {
  /** A test for each path: by GET and HEAD over one connection, and from a client of HTTP/1.0. */
  everyWay(app: string, paths: readonly string[]): void;
  /** A test: the first answer's validators, sent back. */
  revalidates(app: string, path: string): void;
}

export function askingsOf({ same, alike }: Twins): Askings {
  return {
    everyWay(app: string, paths: readonly string[]): void {
      for (const path of paths) {
        const asks = [get(path), head(path), { path, version: '1.0' }] as const;
        same(app, `GET and HEAD ${path}, and from HTTP/1.0`, asks, (first) => assert.ok(first));
      }
    },
    revalidates(app: string, path: string): void {
      alike(
        app,
        `${path} is not sent to who has it`,
        async ({ ask }) => {
          const [first] = await ask(get(path));
          const etag = fieldOf(first!, 'etag');
          const modified = fieldOf(first!, 'last-modified');
          return [
            first,
            ...(await ask(
              get(path, etag === undefined ? {} : { 'If-None-Match': etag }),
              head(path, modified === undefined ? {} : { 'If-Modified-Since': modified }),
              get(path, { 'If-None-Match': '"other"' }),
              get(path, { Range: 'bytes=2-6' }),
            )),
          ];
        },
        (answers: Answer[]) => assert.equal(statusOf(answers[0]!), 200),
      );
    },
  };
}
