// What an arbiter takes from a worker, which may be in anybody's hands: what is not what it is to be is refused, and what nobody
// knows is left out.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readReport } from '../../src/protocol/index.ts';

const BEAT = {
  type: 'beat',
  connections: 1,
  inFlight: 0,
  requests: 9,
  resident: 5e7,
  delay: 0.5,
  utilization: 0,
};
const LISTEN = {
  type: 'listen',
  target: { family: 'inet', host: '127.0.0.1', port: 8000 },
  options: { backlog: 511 },
  ordinal: 0,
};

const read = (value: unknown) => readReport(JSON.stringify(value));

describe('a report', () => {
  test('is what a worker says', () => {
    for (const report of [
      BEAT,
      LISTEN,
      { ...LISTEN, target: { family: 'unix', path: '/run/app.sock' }, options: { backlog: 1, mode: 0o600 } },
      { ...LISTEN, target: { family: 'fd', fd: 3 } },
      { type: 'loaded', file: '/app.ts', format: 'module-typescript' },
      { type: 'unready', message: 'GET /healthz answers 503' },
      {
        type: 'ready',
        kind: { interface: 'fetch', shape: 'Hono' },
        addresses: ['http://a:1'],
        kernel: 'linux',
      },
      { type: 'stalled', ms: 1000, request: 'GET /', stack: ['a', 'b'] },
      { type: 'failed', status: 3, message: 'app.ts did not load' },
    ])
      assert.deepEqual(read(report), report);
    assert.deepEqual(read({ type: 'stack' }), { type: 'stack', request: undefined });
  });

  test('has nothing but what is known', () => {
    const target = { family: 'unix', path: '/x', port: 2000 };
    assert.deepEqual(read({ ...LISTEN, target, more: 1 }), {
      ...LISTEN,
      target: { family: 'unix', path: '/x' },
    });
    assert.deepEqual(read({ ...LISTEN, options: { backlog: 1, reusePort: true } }), {
      ...LISTEN,
      options: { backlog: 1 },
    });
  });

  for (const [what, report, why] of [
    ['no object', [], 'it is no report'],
    ['nothing', null, 'it is no report'],
    ['of no kind that there is', { type: 'constructor' }, 'it is no report'],
    ['with an object for a number', { ...BEAT, resident: { toString: 1 } }, 'its resident is not a number'],
    ['with a number that is missing', { ...BEAT, requests: undefined }, 'its requests is not a number'],
    [
      'with something that has a length for a path',
      { ...LISTEN, target: { family: 'unix', path: { length: 1e9 } } },
      'its path is not a text',
    ],
    [
      'with a port that is none',
      { ...LISTEN, target: { family: 'inet', host: 'a', port: 65_536 } },
      'its port is not a whole number of at most 65535',
    ],
    [
      'with an address of a family that there is not',
      { ...LISTEN, target: { family: 'vsock' } },
      'its family is not inet, inet6, unix or fd',
    ],
    ['with a stack that is none', { type: 'stack', stack: ['a', 1] }, 'its stack is not a list of texts'],
    [
      'of no interface',
      { type: 'ready', kind: { interface: 'x' }, addresses: [], kernel: '' },
      'its interface is not fetch, node or program',
    ],
  ] as const) {
    test(`${what} is refused`, () => assert.throws(() => read(report), new TypeError(why)));
  }

  test('that is no JSON is refused', () => assert.throws(() => readReport('hello'), SyntaxError));
});
