// Whatever an app puts into an answer's head, the client reads one answer with the fields that the app meant, or a 500.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FetchHandler, fetchApp, installFetchGlobals } from '../../src/app/fetch/index.ts';
import { Simulation } from './simulation.ts';

installFetchGlobals();

const HOSTILE = [
  'a\r\nX-Evil: 1',
  'a\nX-Evil: 1',
  'a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'a\rb',
  'a\0b',
  '\u010d\u010aX-Evil: 1',
];

/** A Response of another package's, which may have any kind of value where the platform's has checked ones. */
function foreign(parts: object): Response {
  const base = {
    status: 200,
    statusText: '',
    type: 'default',
    url: '',
    bodyUsed: false,
    headers: [],
    body: null,
  };
  return { [Symbol.toStringTag]: 'Response', ...base, ...parts } as unknown as Response;
}

const RESPONSES: readonly ((value: string) => Response)[] = [
  (value) => new Response('x', { headers: { 'x-a': value } }),
  (value) => new Response('x', { headers: [['x-a', value]] }),
  (value) => new Response('x', { headers: { [value]: 'a' } }),
  (value) => new Response('x', { statusText: value }),
  (value) => Response.redirect(`http://host/${value}`),
  (value) => Response.redirect(`http://host${value}/`),
  (value) => foreign({ statusText: value }),
  (value) => foreign({ statusText: [value] }),
  (value) => foreign({ statusText: { toString: () => value } }),
  (value) => foreign({ status: `200 ${value}` }),
  (value) => foreign({ status: { valueOf: () => 200, toString: () => value } }),
  (value) => foreign({ headers: [['x-a', value]] }),
  (value) => foreign({ headers: [[value, 'a']] }),
  (value) => foreign({ headers: [['x-a', [value]]] }),
  (value) => foreign({ headers: [['x-a', { toString: () => value }]] }),
  (value) => foreign({ headers: [['x-a', { toString: () => value, length: 0 }]] }),
];

test('no value splits an answer in two, or adds a field to it', async () => {
  for (const respond of RESPONSES) {
    for (const value of HOSTILE) {
      const simulation = new Simulation(fetchApp((() => respond(value)) as FetchHandler));
      const client = await simulation.connect();
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await simulation.pass(30);
      const what = `${respond} with ${JSON.stringify(value)}: ${JSON.stringify(client.received)}`;
      assert.match(client.received, /^HTTP\/1\.1 (?:200|302|500) /, what);
      assert.equal(client.received.split('HTTP/1.1 ').length, 2, what);
      assert.doesNotMatch(client.received, /\nX-Evil/i, what);
      assert.doesNotMatch(client.received.split('\r\n\r\n')[0]!, /\r(?!\n)|(?<!\r)\n|\0/, what);
    }
  }
});
