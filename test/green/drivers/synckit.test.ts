// Functions that synckit makes, in coroutines, against the same calls plain.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Pending } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { green, install, outcome, startGreen } from './green.ts';

const WORKER = join(import.meta.dirname, 'synckit-worker.js');

type Create = (path: string | URL, options?: object) => (...args: unknown[]) => unknown;

describe('a function of synckit in coroutines', () => {
  let create: Create;
  let logged: string[];

  before(async () => {
    logged = await install('synckit');
    ({ createSyncFn: create } = (await import('synckit')) as { createSyncFn: Create });
  });

  it('returns and throws what it does plain', async () => {
    const fn = create(WORKER);
    for (const args of [
      ['echo', 1, 'two', [3], { four: 4n }, new Date(5), Buffer.from('six'), undefined],
      ['undefined'],
      ['throw', 'on purpose'],
      ['reject', 'a string'],
      ['reject', undefined],
      ['print'],
      ['echo', () => {}],
    ]) {
      const expected = await outcome(() => fn(...args));
      assert.deepEqual(await outcome(() => green(fn, undefined, ...args)), expected, String(args));
    }
  });

  it('lets others run meanwhile, and they may call it too', async () => {
    const fn = create(pathToFileURL(WORKER));
    const waiting = startGreen(fn, undefined, 'wait') as Pending;
    assert.ok(waiting instanceof Pending);
    assert.deepEqual(await green(fn, undefined, 'echo', 1), [1]);
    // One that blocks is answered by the worker of those.
    assert.deepEqual(fn('echo', 2), [2]);
    await green(fn, undefined, 'release', 'released');
    assert.equal(await waiting.promise, 'released');
  });

  it('gives up when its time is over, with the error of the plain call', async () => {
    const fn = create(join(import.meta.dirname, 'synckit-late-worker.js'), { timeout: 300 });
    const expected = await outcome(() => fn('wait'));
    assert.deepEqual(await outcome(() => green(fn, undefined, 'wait')), expected);
    assert.equal(await green(fn, undefined, 'still there'), 'still there');
  });

  it('is green also where synckit is required', () => {
    const required = createRequire(import.meta.url)('synckit') as { createSyncFn: Create };
    assert.ok(twinOf(required.createSyncFn(WORKER)) !== undefined);
    assert.equal(required.createSyncFn.length, create.length);
  });

  it('that needs what synckit alone can do stays plain, and that is said', () => {
    const fn = create(join(import.meta.dirname, 'synckit-plain-worker.js'), { globalShims: true });
    assert.equal(twinOf(fn), undefined);
    assert.match(logged.join('\n'), /synckit-plain-worker\.js blocks: it asks for globalShims/);
  });
});
