// The threads that drivers call functions in.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallThreads } from '../../src/green/call-threads.ts';

const MODULE = `data:text/javascript,${encodeURIComponent(`
  import process from 'node:process';
  import { threadId } from 'node:worker_threads';
  let calls = 0;
  export const echo = (...args) => args;
  export const where = () => [threadId, ++calls];
  export const fail = () => { throw new Error('on purpose'); };
  export const exit = () => process.exit(3);
  export const nothing = () => undefined;
  export const notCopied = () => () => {};
  export default { byDefault: () => 'by default' };
`)}`;

const call = (threads: CallThreads, name: string, ...args: unknown[]): Promise<unknown> =>
  threads.call({ module: MODULE, name, args });

describe('a call in a thread', () => {
  it('returns what the function does, of the module’s exports or of its default one', async () => {
    const threads = new CallThreads(1);
    assert.deepEqual(await call(threads, 'echo', 1, 'two', new Map([[3, 4n]])), {
      ok: true,
      value: [1, 'two', new Map([[3, 4n]])],
    });
    assert.deepEqual(await call(threads, 'nothing'), { ok: true, value: undefined });
    assert.deepEqual(await call(threads, 'byDefault'), { ok: true, value: 'by default' });
  });

  it('says why it has no value: it threw, something can not be copied, the thread has ended', async () => {
    const threads = new CallThreads(1);
    for (const [name, reason] of [
      ['fail', /on purpose/],
      ['notCopied', /could not be cloned/],
      ['exit', /the thread has ended with status 3/],
      ['unknown', /not a function/],
    ] as const) {
      const answer = (await call(threads, name)) as { ok: boolean; reason: string };
      assert.equal(answer.ok, false);
      assert.match(answer.reason, reason);
    }
    assert.equal(((await call(threads, 'echo', () => {})) as { ok: boolean }).ok, false);
    assert.equal((await threads.call({ module: 'nowhere:', name: 'echo', args: [] })).ok, false);
    assert.deepEqual(await call(threads, 'echo', 'goes on'), { ok: true, value: ['goes on'] });
  });

  it('waits for one of so many threads, in order', async () => {
    const threads = new CallThreads(2);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(threads, 'where')));
    const ids = new Set(answers.map((answer) => (answer as { value: [number] }).value[0]));
    assert.ok(ids.size <= 2, `${ids.size} threads`);
    const last = (await call(threads, 'where')) as { value: [number, number] };
    assert.ok(ids.has(last.value[0]), 'an idle thread is used again');
  });
});
