// Log lines: JSON for programs, text for people, problems on standard error.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { escapeControls, formatHuman } from '../../src/log/human.ts';
import { createLogger, type LogOptions } from '../../src/log/logger.ts';

class Sink {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

function logTo(stdout: Sink, stderr: Sink, options: Partial<LogOptions> = {}) {
  return createLogger({ level: 'info', format: 'auto', stdout, stderr, ...options });
}

test('elsewhere than on a terminal a line is JSON, with its fields', () => {
  const stdout = new Sink(false);
  logTo(stdout, new Sink(false)).info({ url: 'http://127.0.0.1:8000' }, 'listening');
  const line = JSON.parse(stdout.text) as Record<string, unknown>;
  assert.equal(line['level'], 'info');
  assert.equal(line['msg'], 'listening');
  assert.equal(line['url'], 'http://127.0.0.1:8000');
  assert.equal(line['pid'], process.pid);
  assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('warnings and errors go to standard error, the rest to standard output', () => {
  const stdout = new Sink(false);
  const stderr = new Sink(false);
  const log = logTo(stdout, stderr, { level: 'debug' });
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  log.info({}, 'e');
  const messages = (sink: Sink): string[] =>
    sink.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
  assert.deepEqual(messages(stdout), ['a', 'b', 'e']);
  assert.deepEqual(messages(stderr), ['c', 'd']);
});

test('what is below the level is not written', () => {
  const stdout = new Sink(false);
  const stderr = new Sink(false);
  const log = logTo(stdout, stderr, { level: 'error' });
  log.info({}, 'b');
  log.warn({}, 'c');
  assert.equal(stdout.text + stderr.text, '');
});

test('each stream has the format that fits it', () => {
  const terminal = new Sink(true);
  const file = new Sink(false);
  const log = logTo(terminal, file);
  log.info({}, 'for people');
  log.error({}, 'for programs');
  assert.match(terminal.text, / for people\n$/);
  assert.equal(JSON.parse(file.text).msg, 'for programs');
});

test('a format can be demanded', () => {
  const human = new Sink(false);
  logTo(human, human, { format: 'human' }).info({ n: 1 }, 'hello');
  assert.match(human.text, /^\d\d:\d\d:\d\d\.\d{3} info {2}hello {2}n=1\n$/);
  const json = new Sink(true);
  logTo(json, json, { format: 'json' }).info({}, 'hello');
  assert.equal(JSON.parse(json.text).msg, 'hello');
});

test('an error has its stack and its causes, in both formats', () => {
  const err = new Error('outer', { cause: new RangeError('inner') });
  const json = new Sink(false);
  logTo(json, json).error({ err }, 'failed');
  const line = JSON.parse(json.text);
  assert.equal(line.err.message, 'outer');
  assert.match(line.err.stack, /logger\.test\.ts/);
  assert.equal(line.err.cause.message, 'inner');

  const human = new Sink(false);
  logTo(human, human, { format: 'human' }).error({ err }, 'failed');
  assert.match(
    human.text,
    /error failed\n {2}Error: outer\n {6}at .*logger\.test\.ts[\s\S]*caused by\n {2}RangeError: inner\n/,
  );
});

test('fields are shown as they can be read back: quoted where they have spaces', () => {
  const line = formatHuman(
    '{"level":"info","time":"2025-11-23T05:20:01.123Z","msg":"m","a":"x y","b":[1],"c":"z","d":""}',
    false,
  );
  assert.match(line, /m {2}a="x y" b=\[1\] c=z d=""\n$/);
});

test('what a client sent can not drive the terminal or forge a line', () => {
  const human = new Sink(false);
  const err = new Error('bad\u001b[2J');
  logTo(human, human, { format: 'human' }).warn({ target: '/\u001b[31m\n', err }, 'odd\rrequest\u009b');
  assert.doesNotMatch(human.text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.match(human.text, /odd\\x0drequest\\x9b/);
  assert.equal(human.text.split('\n').filter((line) => !line.startsWith('  ')).length, 2);
});

test('control characters are shown as numbers', () => {
  assert.equal(escapeControls('a\u0000\t\u007f\u0085é'), 'a\\x00\\x09\\x7f\\x85é');
});

test('where pino is not there when it is needed, lines are written all the same', () => {
  const lines = (flags: readonly string[]): Record<string, unknown>[] => {
    const program = `
      const { createLogger } = await import(${JSON.stringify(new URL('../../src/log/logger.ts', import.meta.url).href)});
      const log = createLogger({ level: 'info', format: 'json', stdout: process.stdout, stderr: process.stdout });
      log.debug({}, 'not shown');
      log.info({ workers: 2 }, 'one');
      log.error({ err: Object.assign(new TypeError('wrong'), { code: 'E' }) }, 'two');`;
    const args = [...flags, '--input-type=module', '--eval', program];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ time: _time, pid: _pid, ...rest }) => rest);
  };
  const missing = `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => {
      if (name === 'pino') throw new Error('EMFILE');
      return next(name, context);
    } });`,
  )}`;
  const [ours, spare] = [lines([]), lines(['--import', missing])];
  const stackless = ({ err, ...rest }: Record<string, unknown>) => ({
    ...rest,
    ...(err !== undefined && { type: (err as { type: string }).type, why: (err as Error).message }),
  });
  assert.deepEqual(spare.map(stackless), ours.map(stackless));
  assert.match((spare[1]!['err'] as Error).stack!, /TypeError: wrong\n +at /);
});
