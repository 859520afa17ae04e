// Servers that a program opens and closes: `listen`, `address`, `close`, their events and errors.

import assert from 'node:assert/strict';
import { get } from './ask.ts';
import { twins } from './twins.ts';

const { same } = await twins(['lifecycle.cjs', 'supertest.cjs']);

for (const scene of [
  'listen',
  'hosts',
  'a name that is none',
  'a port that is taken',
  'an address that is not ours',
  'a unix socket',
  'a signal',
  'close waits for answers',
  'idle connections',
  'all connections',
  'listeners that come later',
  'a subclass',
  'many at once',
]) {
  same('lifecycle.cjs', scene, get(`/${encodeURIComponent(scene)}`), ({ body }) => {
    assert.ok(Array.isArray(JSON.parse(`${body}`)), `${body}`);
  });
}

same('supertest.cjs', 'an app’s own tests pass, and see the same', get('/'), ({ body }) => {
  const results = JSON.parse(`${body}`);
  assert.ok(Array.isArray(results), `${body}`);
  assert.equal(results.length, 14);
});
