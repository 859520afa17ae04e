// A coroutine around another: everything goes through, in both directions.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { relay } from '../../src/green/relay.ts';
import type { Co, Suspend } from '../../src/task/index.ts';

const SUSPEND: Suspend = { park() {}, unpark() {} };
const same = (suspend: Suspend): Suspend => suspend;

describe('relay', () => {
  it('hands on what is waited for, what comes of it, and the result', () => {
    const seen: unknown[] = [];
    const relayed = relay(
      (function* (): Co<string> {
        seen.push(yield SUSPEND);
        try {
          yield SUSPEND;
        } catch (error) {
          seen.push(error);
        }
        return 'result';
      })(),
      same,
    );
    assert.deepEqual(relayed.next(), { value: SUSPEND, done: false });
    relayed.next('value');
    assert.deepEqual(relayed.throw('error'), { value: 'result', done: true });
    assert.deepEqual(seen, ['value', 'error']);
  });

  it('runs the finally blocks of what is given up, which may wait', () => {
    const seen: unknown[] = [];
    const relayed = relay(
      (function* (): Co<void> {
        try {
          yield SUSPEND;
        } finally {
          seen.push(yield SUSPEND);
        }
      })(),
      same,
    );
    relayed.next();
    assert.deepEqual(relayed.return(), { value: SUSPEND, done: false });
    assert.equal(relayed.next('value').done, true);
    assert.deepEqual(seen, ['value']);
  });

  it('throws at a wait what its observer throws', () => {
    const relayed = relay(
      (function* (): Co<unknown> {
        try {
          return yield SUSPEND;
        } catch (error) {
          return error;
        }
      })(),
      () => {
        throw 'not here';
      },
    );
    assert.deepEqual(relayed.next(), { value: 'not here', done: true });
  });
});
