// The fs functions that can take long, as twins: the same results, and errors down to their fields.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { temporaryFolder } from '../../folder.ts';
import { type Call, green, same } from './compare.ts';

const { directory: folder } = temporaryFolder('twins');
const at = (...names: string[]): string => join(folder, ...names);

const large = Buffer.alloc(300_000, 'siskin ');
fs.writeFileSync(at('large'), large);
fs.writeFileSync(at('small'), 'small');
fs.writeFileSync(at('empty'), '');
fs.mkdirSync(at('tree', 'inner', 'deep'), { recursive: true });
for (const name of ['a.txt', 'b.md', 'inner/c.txt', 'inner/deep/d.txt'])
  fs.writeFileSync(at('tree', name), name);
fs.symlinkSync('a.txt', at('tree', 'link'));
fs.symlinkSync('nowhere', at('dangling'));

describe('the twin of readFileSync', () => {
  const cases: Record<string, readonly [readonly unknown[], boolean]> = {
    'a large file': [[at('large')], true],
    'a large file as text': [[at('large'), 'utf8'], true],
    'a large file in base64': [[at('large'), { encoding: 'base64' }], true],
    'a large file by URL': [[new URL(`file://${at('large')}`)], true],
    'a large file by bytes': [[Buffer.from(at('large'))], true],
    'a small file': [[at('small'), 'utf8'], false],
    'an empty file': [[at('empty')], true],
    'a file that says it is empty': [['/proc/self/cmdline', 'utf8'], true],
    'no file': [[at('none')], false],
    'a link to nowhere': [[at('dangling')], false],
    'a folder': [[folder], false],
    'a file in a file': [[at('small', 'inner')], false],
    'an encoding unheard of': [[at('large'), 'klingon'], false],
    'a flag unheard of': [[at('large'), { flag: 'xyz' }], false],
    'a path that is none': [[{}], false],
    'a NUL in the path': [['a\0b'], false],
    'a descriptor that is none': [[99999], false],
    'a signal, which it ignores': [[at('large'), { signal: AbortSignal.abort() }], false],
    'a flag that makes what is there': [[at('large'), { flag: 'wx+' }], true],
  };
  for (const [name, [args, suspends]] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(fs.readFileSync as Call, args, { suspends }));

  it('reads on from where a descriptor is', async () => {
    const open = (): readonly unknown[] => {
      const fd = fs.openSync(at('large'), 'r');
      fs.readSync(fd, Buffer.alloc(10));
      return [fd];
    };
    await same(fs.readFileSync as Call, open, { suspends: true });
  });

  it('waits for who writes to a FIFO, and others run meanwhile', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('fifo')]);
    const reading = green(fs.readFileSync as Call, [at('fifo'), 'utf8']);
    const writing = green(fs.writeFileSync as Call, [at('fifo'), 'through the pipe']);
    assert.deepEqual(await reading, { returned: 'through the pipe', suspended: true });
    assert.deepEqual(await writing, { returned: undefined, suspended: true });
  });

  it('throws with a stack that leads to the caller, and no more than that', async () => {
    function* caller(): Generator<never, unknown> {
      return yield* twinOf(fs.readFileSync)!(at('large'), { flag: 'wx+' }) as Generator<never, unknown>;
    }
    const error = await (start(caller()) as Pending).promise.catch((thrown: unknown) => thrown);
    assert.match((error as Error).stack!, /^Error: EEXIST: [^\n]*\n[^\n]*twin[^\n]*\n {4}at caller /);
  });
});

describe('the twin of a function that writes', () => {
  const written = at('written');
  const reset = (): void => fs.rmSync(written, { force: true, recursive: true });
  const names = { writeFileSync: fs.writeFileSync, appendFileSync: fs.appendFileSync };
  const cases: Record<string, readonly [readonly unknown[], boolean]> = {
    much: [[written, large], true],
    'much text': [[written, large.toString(), 'latin1'], true],
    'much, with a mode': [[written, large, { mode: 0o600 }], true],
    'little, for the disk': [[written, 'x', { flush: true }], true],
    little: [[written, 'little'], false],
    'where something must not be': [[at('small'), large, { flag: 'wx' }], true],
    'into a folder': [[folder, large], true],
    'into no folder': [[at('none', 'file'), large], true],
    'what can’t be written': [[written, 7], false],
    'in an encoding unheard of': [[written, large, 'klingon'], false],
    'with a flush that is none': [[written, large, { flush: 'yes' }], false],
    'to a descriptor that is none': [[99999, large], true],
  };
  for (const [called, fn] of Object.entries(names))
    for (const [name, [args, suspends]] of Object.entries(cases))
      it(`is the same: ${called} ${name}`, async () => {
        reset();
        await same(fn as Call, args, { suspends, reset });
      });

  it('writes what it was given when it was called', async () => {
    reset();
    const data = Buffer.from(large);
    const pending = start(twinOf(fs.writeFileSync)!(written, data)) as Pending;
    data.fill(0);
    await pending.promise;
    assert.deepEqual(fs.readFileSync(written), large);
    await green(fs.appendFileSync as Call, [written, large]);
    assert.equal(fs.statSync(written).size, 2 * large.length);
  });

  it('copies', async () => {
    reset();
    await same(fs.copyFileSync as Call, [at('large'), written], { suspends: true, reset });
    assert.deepEqual(fs.readFileSync(written), large);
    await same(fs.copyFileSync as Call, [at('large'), written, fs.constants.COPYFILE_EXCL], {
      suspends: true,
    });
    await same(fs.copyFileSync as Call, [at('small'), written], { suspends: false });
    await same(fs.copyFileSync as Call, [at('none'), written], { suspends: false });
    await same(fs.copyFileSync as Call, [at('large'), at('none', 'x')], { suspends: true });
    await same(fs.copyFileSync as Call, [at('large'), written, 99], { suspends: false });
    await same(fs.copyFileSync as Call, [at('large')], { suspends: false });
    await same(fs.copyFileSync as Call, [at('large'), written, () => {}], { suspends: false });
  });

  it('copies trees', async () => {
    const list = (): unknown => fs.readdirSync(written, { recursive: true }).sort();
    reset();
    const args = [at('tree'), written, { recursive: true }];
    await same(fs.cpSync as Call, args, { suspends: true, reset });
    assert.deepEqual(list(), fs.readdirSync(at('tree'), { recursive: true }).sort());
    assert.equal(fs.readFileSync(join(written, 'inner/deep/d.txt'), 'utf8'), 'inner/deep/d.txt');
    await same(fs.cpSync as Call, [at('tree'), written], { suspends: false });
    await same(fs.cpSync as Call, [at('none'), written, { recursive: true }], { suspends: false });
    await same(fs.cpSync as Call, [at('tree'), at('small'), { recursive: true }], { suspends: true });
    await same(fs.cpSync as Call, [at('tree'), at('tree', 'within'), { recursive: true }], {
      suspends: true,
    });
    const strict = { recursive: true, errorOnExist: true, force: false };
    await same(fs.cpSync as Call, [at('tree'), written, strict], { suspends: false });
  });

  it('removes trees', async () => {
    const make = (): readonly unknown[] => {
      fs.cpSync(at('tree'), written, { recursive: true });
      return [written, { recursive: true }];
    };
    await same(fs.rmSync as Call, make, { suspends: true });
    assert.equal(fs.existsSync(written), false);
    await same(fs.rmSync as Call, [written, { recursive: true }], { suspends: false });
    await same(fs.rmSync as Call, [written, { recursive: true, force: true }], { suspends: false });
    await same(fs.rmSync as Call, [at('tree')], { suspends: false });
  });

  it('waits for the disk', async () => {
    reset();
    const fd = fs.openSync(written, 'w');
    await same(fs.fsyncSync as Call, [fd], { suspends: true });
    await same(fs.fdatasyncSync as Call, [fd], { suspends: true });
    fs.closeSync(fd);
    await same(fs.fsyncSync as Call, [fd], { suspends: true });
    await same(fs.fsyncSync as Call, ['x'], { suspends: false });
    await same(fs.fdatasyncSync as Call, [-1], { suspends: false });
  });
});

describe('files that are read and written in the pool', () => {
  const shared = at('shared');
  const ones = Buffer.alloc(300_000, '1');
  const twos = Buffer.alloc(200_000, '2');
  const twin = (fn: Call, ...args: unknown[]): Promise<unknown> =>
    green(fn, args).then(({ returned, thrown }) => thrown ?? returned);

  it('are never seen half written', async () => {
    fs.writeFileSync(shared, ones);
    const all = await Promise.all([
      twin(fs.readFileSync as Call, shared),
      twin(fs.writeFileSync as Call, shared, twos),
      twin(fs.readFileSync as Call, shared),
      twin(fs.writeFileSync as Call, shared, 'small'),
      twin(fs.readFileSync as Call, shared, 'utf8'),
      twin(fs.appendFileSync as Call, shared, ones),
      twin(fs.copyFileSync as Call, shared, at('copy of shared')),
      twin(fs.writeFileSync as Call, new URL(`file://${shared}`), 'end'),
    ]);
    assert.ok(ones.equals(all[0] as Buffer), 'before');
    assert.ok(twos.equals(all[2] as Buffer), 'after a large one');
    assert.equal(all[4], 'small');
    assert.equal(fs.statSync(at('copy of shared')).size, 300_005);
    assert.equal(fs.readFileSync(shared, 'utf8'), 'end');
  });

  it('are not mixed where many write them at once', async () => {
    const writers = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? ones : twos));
    await Promise.all(writers.map((data) => twin(fs.writeFileSync as Call, shared, data)));
    assert.ok(twos.equals(fs.readFileSync(shared)));
  });

  it('are read by many at once', async () => {
    fs.writeFileSync(shared, ones);
    const readers = Array.from({ length: 6 }, () => start(twinOf(fs.readFileSync)!(shared)) as Pending);
    const writer = start(twinOf(fs.writeFileSync)!(shared, 'small')) as Pending;
    const late = start(twinOf(fs.readFileSync)!(shared, 'utf8')) as Pending;
    for (const { promise } of readers) assert.ok(ones.equals((await promise) as Buffer));
    await writer.promise;
    assert.equal(await late.promise, 'small', 'whoever writes is not overtaken for ever');
  });

  it('are free again where a coroutine that waits for them is cancelled', async () => {
    fs.writeFileSync(shared, ones);
    const reader = start(twinOf(fs.readFileSync)!(shared)) as Pending;
    const writer = start(twinOf(fs.writeFileSync)!(shared, twos)) as Pending;
    const failed = [reader, writer].map(({ promise }) => assert.rejects(promise, { name: 'Cancelled' }));
    reader.task.cancel();
    writer.task.cancel();
    await Promise.all(failed);
    await twin(fs.writeFileSync as Call, shared, 'in the end');
    assert.equal(await twin(fs.readFileSync as Call, shared, 'utf8'), 'in the end');
  });
});

describe('the twin of a function that lists', () => {
  it('lists trees in the same order', async () => {
    await same(fs.readdirSync as Call, [at('tree'), { recursive: true }], { suspends: true });
    await same(fs.readdirSync as Call, [at('tree'), { recursive: true, withFileTypes: true }], {
      suspends: true,
    });
    await same(fs.readdirSync as Call, [at('tree'), { recursive: true, encoding: 'buffer' }], {
      suspends: false,
    });
    await same(fs.readdirSync as Call, [at('tree'), { recursive: true, encoding: 'klingon' }]);
    await same(fs.readdirSync as Call, [at('tree')], { suspends: false });
    await same(fs.readdirSync as Call, [at('none'), { recursive: true }], { suspends: false });
    await same(fs.readdirSync as Call, [at('small'), { recursive: true }], { suspends: false });
  });

  it('finds the same by a pattern', async () => {
    const cwd = at('tree');
    await same(fs.globSync as Call, ['**/*.txt', { cwd }], { suspends: true });
    await same(fs.globSync as Call, [['*.md', '**/d*'], { cwd }], { suspends: true });
    await same(fs.globSync as Call, ['**', { cwd, exclude: ['inner/**'] }], { suspends: true });
    await same(fs.globSync as Call, ['**', { cwd, exclude: (name: string) => name === 'a.txt' }], {
      suspends: false,
    });
    await same(fs.globSync as Call, ['*.txt', { cwd }], { suspends: false });
    await same(fs.globSync as Call, [7], { suspends: false });
    await same(fs.globSync as Call, ['**', { cwd: 7 }]);
  });
});
