// execSync, execFileSync and spawnSync: as twins they give what they give plainly.

import assert from 'node:assert/strict';
import { execFileSync, execSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Pending, start } from '../../../src/green/coroutine.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { temporaryFolder } from '../../folder.ts';
import { type Call, green, plain, same } from './compare.ts';

const { directory: folder } = temporaryFolder('twins');

const MEGABYTES = Buffer.alloc(3 << 20, 'x');
const sh = (script: string, options?: object): readonly unknown[] => ['sh', ['-c', script], options];

describe('the twin of spawnSync', () => {
  const cases: Record<string, readonly unknown[]> = {
    'output, errors and status': sh('echo out; echo err >&2; exit 3'),
    'nothing at all': ['true'],
    'options in place of arguments': ['pwd', { cwd: '/' }],
    'null for arguments': ['true', null, undefined],
    'an encoding': sh('printf "\\303\\244"; printf b >&2', { encoding: 'utf8' }),
    'the encoding hex': sh('printf ab', { encoding: 'hex' }),
    'the encoding buffer': sh('echo a', { encoding: 'buffer' }),
    'a string for input': ['cat', [], { input: 'hello' }],
    'a string for input, in base64': ['cat', [], { input: 'aGk=', encoding: 'base64' }],
    'bytes for input': ['cat', [], { input: new Uint16Array([0x4142, 0x4344]) }],
    'an empty input': ['cat', [], { input: '' }],
    'much input and output': ['cat', { input: MEGABYTES, maxBuffer: 2 ** 24 }],
    'input that nobody reads': ['true', { input: MEGABYTES }],
    'input that is read in part': ['head', ['-c', '10'], { input: MEGABYTES }],
    'more output than maxBuffer': sh('printf 12345678901; exec sleep 9', { maxBuffer: 10 }),
    'more output than maxBuffer in all': sh('printf 123456; printf 123456 >&2; exec sleep 9', {
      maxBuffer: 11,
      killSignal: 'SIGKILL',
    }),
    'as much output as maxBuffer': sh('printf 1234567890', { maxBuffer: 10 }),
    'maxBuffer 0': sh('echo out', { maxBuffer: 0 }),
    'no maxBuffer': sh('echo out', { maxBuffer: Number.POSITIVE_INFINITY }),
    'null for maxBuffer': sh('echo out', { maxBuffer: null }),
    'a timeout': ['sleep', ['9'], { timeout: 20 }],
    'a timeout with output': sh('echo early; exec sleep 9', { timeout: 100 }),
    'a timeout with a signal': ['sleep', ['9'], { timeout: 20, killSignal: 'sigkill' }],
    'a timeout with a signal’s number': ['sleep', ['9'], { timeout: 20, killSignal: 2 }],
    'a timeout that is not reached': ['true', { timeout: 9000 }],
    'a grandchild that outlives the timeout': sh('sleep 0.3 & sleep 0.3', { timeout: 20 }),
    'a child that kills itself': sh('kill -9 $$'),
    'a shell': ['echo $0 "$A"; exit 4', { shell: true, env: { A: 'b  c' } }],
    'a shell of one’s own': ['echo $0', { shell: '/bin/sh' }],
    argv0: ['sh', ['-c', 'echo $0'], { argv0: 'me' }],
    'stdio ignore': sh('echo a', { stdio: 'ignore' }),
    'stdio by entry': sh('echo a; echo b >&2', { stdio: ['ignore', 'pipe', 'ignore'] }),
    'one entry of stdio': ['cat', { stdio: ['pipe'], input: 'x' }],
    'a fourth pipe': sh('echo three >&3; echo one', { stdio: [null, 'pipe', null, 'pipe'] }),
    'an unused fourth': sh('echo one', { stdio: ['ignore', 'pipe', 'ignore', null], encoding: 'latin1' }),
    'uid and gid': ['id', ['-u'], { uid: process.getuid!(), gid: process.getgid!() }],
    'a signal, which it ignores': ['true', { signal: AbortSignal.abort() }],
    'a program that is not there': ['siskin-no-such-program', ['a', 'b']],
    'a program that is none': [folder],
    'a folder that is not there': ['true', { cwd: '/siskin/no/such' }],
  };
  for (const [name, args] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(spawnSync as Call, args));

  const mistakes: Record<string, readonly unknown[]> = {
    'no file': [],
    'an empty file': [''],
    'a NUL in the file': ['a\0b'],
    'a NUL in an argument': ['true', ['a\0b']],
    'arguments that are none': ['true', 7],
    'options that are none': ['true', [], 7],
    'null for options': ['true', [], null],
    'a negative timeout': ['true', { timeout: -1 }],
    'half a millisecond of timeout': ['true', { timeout: 0.5 }],
    'a maxBuffer that is no number': ['true', { maxBuffer: '1' }],
    'a negative maxBuffer': ['true', { maxBuffer: -1 }],
    'a signal that is not known': ['true', { killSignal: 'SIGNOTHING' }],
    'the signal 0': ['true', { killSignal: 0 }],
    'stdio ipc': ['true', { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] }],
    'stdio that is none': ['true', { stdio: 'other' }],
    'an entry of stdio that is none': ['true', { stdio: [{}] }],
    'an input that is none': ['true', { input: 7 }],
    'a text in the encoding buffer': ['cat', { input: 'a', encoding: 'buffer' }],
    'an encoding that is not known': sh('echo a', { encoding: 'klingon' }),
    'a shell that is none': ['true', { shell: 7 }],
    'a folder that is none': ['true', { cwd: 7 }],
    'a uid that is none': ['true', { uid: 'root' }],
  };
  for (const [name, args] of Object.entries(mistakes))
    it(`refuses the same: ${name}`, () => same(spawnSync as Call, args, { suspends: false }));

  it('takes descriptors for stdio', async () => {
    const path = join(folder, 'out');
    const fd = openSync(path, 'w');
    await same(spawnSync as Call, sh('echo a; echo b >&2', { stdio: ['ignore', fd, { fd }] }));
    closeSync(fd);
    assert.equal(readFileSync(path, 'utf8'), 'a\nb\na\nb\n');
  });

  it('waits without blocking', async () => {
    const order: string[] = [];
    const pending = start(twinOf(spawnSync)!.call(undefined, 'sh', ['-c', 'read line'], { timeout: 100 }));
    assert.ok(pending instanceof Pending);
    const immediate = new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
      order.push('immediate'),
    );
    await Promise.all([pending.promise.then(() => order.push('child')), immediate]);
    assert.deepEqual(order, ['immediate', 'child']);
  });

  it('reads its input as it was when it was called', async () => {
    const input = Buffer.alloc(1 << 20, 'a');
    const pending = start(
      twinOf(spawnSync)!.call(undefined, 'cat', [], { input, maxBuffer: 2 ** 24 }),
    ) as Pending;
    input.fill('b');
    const { stdout } = (await pending.promise) as { stdout: Buffer };
    assert.deepEqual(stdout, Buffer.alloc(1 << 20, 'a'));
  });

  it('kills the child where its coroutine is cancelled', async () => {
    const started = join(folder, 'started');
    const pending = start(
      twinOf(spawnSync)!.call(undefined, 'sh', ['-c', `echo $$ > ${started}; exec sleep 60`]),
    ) as Pending;
    const failed = assert.rejects(pending.promise, { name: 'Cancelled' });
    let pid = 0;
    while (!(pid > 0)) {
      await new Promise((resolve) => setImmediate(resolve));
      const { returned } = plain(readFileSync as Call, [started, 'utf8']);
      pid = Number(returned ?? 0);
    }
    pending.task.cancel('no longer wanted');
    await failed;
    // Signal 0 only asks whether the process is there.
    while (plain(process.kill as Call, [pid, 0]).thrown === undefined) await once(asSoonAsPossible(), 'done');
  });
});

describe('the twin of execFileSync', () => {
  const cases: Record<string, readonly unknown[]> = {
    output: ['echo', ['a', 'b']],
    'an encoding': ['echo', ['a'], { encoding: 'utf8' }],
    'options in place of arguments': ['pwd', { cwd: '/', encoding: 'utf8' }],
    'options twice': ['true', {}, {}],
    'null for arguments and options': ['true', null, null],
    'a status': sh('echo out; exit 2', { stdio: 'pipe' }),
    'a status and a complaint': sh('echo bad >&2; exit 2', { stdio: 'pipe' }),
    'a status and a complaint as text': sh('echo bad >&2; exit 2', { stdio: 'pipe', encoding: 'utf8' }),
    'a signal': sh('kill -15 $$', { stdio: 'pipe' }),
    argv0: ['sh', ['-c', 'exit 1'], { argv0: 'me', stdio: 'pipe' }],
    'a timeout': ['sleep', ['9'], { timeout: 20, stdio: 'pipe' }],
    'more output than maxBuffer': sh('printf 123; exec sleep 9', { maxBuffer: 2, stdio: 'pipe' }),
    'a program that is not there': ['siskin-no-such-program', ['a']],
    'stdout ignored': ['echo', ['a'], { stdio: ['pipe', 'ignore', 'pipe'] }],
    'a function for options': ['true', [], () => {}],
    'arguments that are none': ['true', 7],
    'argv0 that is none': ['true', [], { argv0: 7 }],
  };
  for (const [name, args] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(execFileSync as Call, args));
});

describe('the twin of execSync', () => {
  const cases: Record<string, readonly unknown[]> = {
    output: ['echo "a  b" | cat'],
    'an encoding': ['echo a', { encoding: 'utf8' }],
    'null for options': ['true', null],
    'a status': ['exit 5', { stdio: 'pipe' }],
    'a status and a complaint': ['echo bad >&2; exit 5', { stdio: 'pipe' }],
    'input and a folder': ['pwd; cat', { input: 'x', cwd: '/', encoding: 'utf8' }],
    'a shell of one’s own': ['echo $0', { shell: '/bin/sh', encoding: 'utf8' }],
    'a shell that is not there': ['true', { shell: '/no/such/shell', stdio: 'pipe' }],
    'a timeout': ['exec sleep 9', { timeout: 20, stdio: 'pipe' }],
    'a command that is none': [7],
    'a NUL in the command': ['a\0b'],
    'a function for options': ['true', () => {}],
  };
  for (const [name, args] of Object.entries(cases))
    it(`is the same: ${name}`, () => same(execSync as Call, args));

  it('passes on what its child writes to stderr, after it has ended', async () => {
    const plainly = await stderrOf(() => plain(execSync as Call, ['echo complaint >&2']));
    const greenly = await stderrOf(() => green(execSync as Call, ['echo complaint >&2']));
    assert.equal(plainly, 'complaint\n');
    assert.equal(greenly, 'complaint\n');
    assert.equal(await stderrOf(() => green(execSync as Call, ['echo no >&2', { stdio: 'pipe' }])), '');
  });

  it('throws an error whose stack leads to the caller', async () => {
    function* caller(): Generator<never, unknown> {
      return yield* twinOf(execSync)!('exit 1', { stdio: 'pipe' }) as Generator<never, unknown>;
    }
    const error = await (start(caller()) as Pending).promise.catch((thrown: unknown) => thrown);
    assert.match((error as Error).stack!, /at caller /);
  });
});

async function stderrOf(work: () => unknown): Promise<string> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = ((chunk: Buffer | string) => {
    text += chunk.toString();
    return true;
  }) as never;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return text;
}

function asSoonAsPossible(): EventTarget {
  const target = new EventTarget();
  setImmediate(() => target.dispatchEvent(new Event('done')));
  return target;
}
