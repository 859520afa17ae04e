// What ends a server, and what a second signal does.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { stopCause } from '../../src/worker/stop.ts';

function setUp() {
  const source = new EventEmitter();
  const exits: number[] = [];
  const cause = stopCause(source, (status) => exits.push(status));
  return { source, exits, cause };
}

test('the first signal asks for a graceful stop', async () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const { source, exits, cause } = setUp();
    source.emit(signal);
    assert.deepEqual(await cause, { kind: 'signal', signal });
    assert.deepEqual(exits, []);
  }
});

test('a second signal ends the process at once, with the status of that signal', () => {
  for (const [first, second, status] of [
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
  ] as const) {
    const { source, exits } = setUp();
    source.emit(first);
    source.emit(second);
    assert.deepEqual(exits, [status]);
  }
});

test('a second signal that comes when all is done is the end that was asked for', () => {
  const source = new EventEmitter();
  const exits: number[] = [];
  void stopCause(source, (status) => exits.push(status), { drained: () => true });
  source.emit('SIGTERM');
  source.emit('SIGTERM');
  assert.deepEqual(exits, [0]);
});

test('an app that listens for uncaught errors itself goes on', async () => {
  const { source, cause } = setUp();
  source.on('uncaughtException', () => {});
  source.emit('uncaughtException', new Error('handled'), 'uncaughtException');
  source.emit('SIGTERM');
  assert.deepEqual(await cause, { kind: 'signal', signal: 'SIGTERM' });
});

test('an error that nobody caught stops the server, and a signal meanwhile is the first one', async () => {
  const { source, exits, cause } = setUp();
  const error = new Error('boom');
  source.emit('uncaughtException', error, 'uncaughtException');
  source.emit('SIGTERM');
  assert.deepEqual(await cause, { kind: 'error', name: 'nobody caught an error', error });
  assert.deepEqual(exits, []);
});
