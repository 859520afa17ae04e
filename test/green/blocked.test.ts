// What is said of a call that blocked while a coroutine ran, on a clock that a test sets.

// biome-ignore-all lint/correctness/useYield: green code need not wait.

import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import fs, { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type BlockedReport, watchBlocking } from '../../src/green/blocked.ts';
import { type Pending, start } from '../../src/green/coroutine.ts';
import { attach, TWIN, twinOf } from '../../src/green/twin.ts';
import { registerNodeTwins } from '../../src/green/twins/index.ts';
import type { Co } from '../../src/task/index.ts';
import { temporaryFolder } from '../folder.ts';

registerNodeTwins();
const original = fs.readFileSync;
const here = import.meta.filename;
const { directory: folder } = temporaryFolder('blocked');

const undo: (() => void)[] = [];
afterEach(() => {
  for (const back of undo.splice(0)) back();
});

describe('the blocked report', () => {
  it('names the call, how long it took, and where', () => {
    const reports = watch();
    green(reading);
    assert.equal(reports.length, 1);
    const [report] = reports;
    assert.equal(report!.api, 'fs.readFileSync');
    assert.equal(report!.milliseconds, 60);
    assert.equal(report!.count, 1);
    assert.match(report!.stack, /^ {4}at read \(.*blocked\.test\.ts:\d+:\d+\)\n/);
    assert.doesNotMatch(report!.stack, /\.next|coroutine\.ts|node:/);
  });

  it('is not made for calls outside of a coroutine, nor for those that are quick', () => {
    const reports = watch();
    read();
    assert.deepEqual(reports, []);
    const quick = watch({ step: 49 });
    green(reading);
    assert.deepEqual(quick, []);
  });

  it('is made for a call that throws, which throws all the same', () => {
    const reports = watch();
    assert.throws(
      () =>
        green(function* () {
          fs.readFileSync(join(folder, 'none'));
        }),
      { code: 'ENOENT' },
    );
    assert.equal(reports.length, 1);
  });

  it('leaves the call alone where whoever takes reports throws', async () => {
    const warned = new Promise((resolve) => process.once('warning', resolve));
    undo.push(watchBlocking({ onBlocked: () => assert.fail('of the log'), now: clock(60) }));
    assert.equal(green(reading), readFileSync(here).length);
    assert.match(String(await warned), /of the log/);
  });

  it('finds the comparator of a sort', () => {
    const report = only(function* () {
      [2, 1].sort(function compare(a, b) {
        read();
        return a - b;
      });
    });
    assert.equal(report.frame!.name, 'compare');
    assert.match(report.hint, /called by Array\.sort/);
  });

  it('finds the comparator though what it calls blocks, and could suspend elsewhere', () => {
    const report = only(function* () {
      [2, 1].sort(function compare(a, b) {
        deeper();
        return a - b;
      });
    });
    assert.equal(report.frame!.name, 'compare');
    assert.match(report.stack, /at read .*\n.*at deeper .*\n.*at compare .*\n.*at Array\.sort /);
  });

  it('finds a getter', () => {
    class Account {
      get balance(): number {
        return read().length;
      }
    }
    const report = only(function* () {
      return new Account().balance;
    });
    assert.equal(report.frame!.name, 'get balance');
    assert.match(report.hint, /getter/);
  });

  it('finds a constructor', () => {
    class Account {
      readonly size: number;
      constructor() {
        this.size = deeper();
      }
    }
    const report = only(function* () {
      return new Account();
    });
    assert.equal(report.frame!.name, 'new Account');
    assert.match(report.hint, /constructor/);
  });

  it('finds the initialiser of a field', () => {
    class Account {
      readonly size = deeper();
    }
    assert.match(
      only(function* () {
        return new Account();
      }).hint,
      /initialiser/,
    );
  });

  it('finds a reviver of JSON', () => {
    const report = only(function* () {
      return JSON.parse('1', function revive() {
        return deeper();
      });
    });
    assert.equal(report.frame!.name.split('.').at(-1), 'revive');
    assert.match(report.hint, /called by JSON\.parse/);
  });

  it('finds what Node calls', () => {
    const report = only(function* () {
      new URLSearchParams('a=1').forEach(function each() {
        deeper();
      });
    });
    assert.equal(report.frame!.name.split('.').at(-1), 'each');
    assert.match(report.hint, /called by .*forEach/);
  });

  it('names a package that should be transformed', () => {
    const path = join(folder, 'node_modules', '@old', 'store');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'index.js'), 'exports.load = function load(read) { return read(); };');
    const { load } = createRequire(here)(path) as { load: (callback: () => unknown) => unknown };
    const report = only(function* () {
      return load(() => read());
    });
    assert.match(report.frame!.name, /load$/);
    assert.match(report.hint, /the package @old\/store .*--green-include @old\/store/);
  });

  it('finds the green code that called plainly', () => {
    const reports = watch();
    start(
      (function* caller(): Co<unknown> {
        return fs.readFileSync(here).length;
      })(),
    );
    assert.equal(reports[0]!.frame!.name, 'caller');
    assert.match(reports[0]!.hint, /called plainly by code that can suspend/);
  });

  it('says where a twin did it in place', () => {
    const reports = watch();
    start(
      (function* caller(): Co<unknown> {
        return yield* twinOf(fs.readFileSync)!(here);
      })(),
    );
    assert.equal(reports[0]!.frame!.name, 'caller');
    assert.match(reports[0]!.hint, /in place/);
  });

  it('is not made where a twin suspends', async () => {
    const reports = watch();
    await (start(twinOf(zlib.gzipSync)!(Buffer.alloc(100_000))) as Pending).promise;
    await (start(twinOf(childProcess.execSync)!('true')) as Pending).promise;
    assert.deepEqual(reports, []);
  });

  it('is made once a minute for one place, with a count', () => {
    const time = { now: 0 };
    const reports = watch({ time });
    const twice = (): number => green(reading);
    for (let i = 0; i < 5; i++) twice();
    assert.equal(reports.length, 1);
    green(function* () {
      deeper();
    });
    assert.equal(reports.length, 2, 'another place');
    time.now += 60_000;
    green(reading);
    assert.deepEqual(
      reports.map(({ count }) => count),
      [1, 1, 5],
    );
  });
});

describe('a watched function', () => {
  it('looks as it did, and has a twin of its own', () => {
    const plainly = Object.getOwnPropertyDescriptors(zlib.gzipSync);
    const before = fs.readFileSync;
    watch();
    assert.notEqual(fs.readFileSync, before);
    assert.equal(fs.readFileSync.name, 'readFileSync');
    assert.equal(fs.readFileSync.length, before.length);
    const keys = (of: object): unknown[] =>
      Reflect.ownKeys(of).sort((a, b) => (String(a) < String(b) ? -1 : 1));
    assert.deepEqual(keys(zlib.gzipSync), keys(plainly));
    assert.ok(twinOf(fs.readFileSync));
    assert.notEqual(Reflect.get(fs.readFileSync, TWIN), Reflect.get(before, TWIN));
    assert.equal(twinOf(before), Reflect.get(before, TWIN));
  });

  it('keeps util.promisify.custom and properties of the original', () => {
    const custom = (): void => {};
    Object.defineProperty(original, promisify.custom, { value: custom, configurable: true });
    watch();
    assert.equal(Reflect.get(fs.readFileSync, promisify.custom), custom);
    Reflect.deleteProperty(original, promisify.custom);
  });

  it('is what is imported by name, too, and the original again afterwards', () => {
    watch();
    assert.equal(readFileSync, fs.readFileSync);
    assert.notEqual(readFileSync, original);
    for (const back of undo.splice(0)) back();
    assert.equal(readFileSync, original);
    assert.equal(fs.readFileSync, original);
  });

  it('is left alone where an app has put its own in its place', () => {
    const own = (() => 'mine') as unknown as typeof fs.readFileSync;
    fs.readFileSync = own;
    watch();
    assert.equal(fs.readFileSync, own);
    for (const back of undo.splice(0)) back();
    assert.equal(fs.readFileSync, own);
    fs.readFileSync = original;
  });

  it('passes on `this`, arguments and result', () => {
    const seen: unknown[] = [];
    const holder = fs as unknown as Record<string, unknown>;
    watch();
    green(function* () {
      seen.push((holder['readFileSync'] as (...args: unknown[]) => string)(here, 'utf8').slice(0, 2));
    });
    assert.deepEqual(seen, ['//']);
  });
});

function read(): Buffer {
  return fs.readFileSync(here);
}

// What green code is where it has no wait.
function* reading(): Co<number> {
  return read().length;
}

/** It has a twin, which a plain caller does not look for. */
function deeper(): number {
  return read().length;
}
attach(deeper as never, function* (): Co<number> {
  return ((yield* twinOf(fs.readFileSync)!(here)) as Buffer).length;
});

function clock(step: number, time = { now: 0 }): () => number {
  return () => (time.now += step);
}

/** The reports from now on; each look at the clock finds it `step` later. */
function watch({ step = 60, time }: { step?: number; time?: { now: number } } = {}): BlockedReport[] {
  const reports: BlockedReport[] = [];
  undo.push(watchBlocking({ onBlocked: (report) => reports.push(report), now: clock(step, time) }));
  return reports;
}

/** Runs `twin` as green code does, called by another. */
function green<T>(twin: () => Co<T>): T {
  function* handler(): Co<T> {
    return yield* twin();
  }
  return start(handler()) as T;
}

/** The first report of what `twin` calls. */
function only(twin: () => Co<unknown>): BlockedReport {
  const reports = watch();
  green(twin);
  assert.ok(reports.length >= 1);
  return reports[0]!;
}
