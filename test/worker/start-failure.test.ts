// Why a server could not listen: who asked for the address, and what to do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EACCES, EADDRINUSE, SystemError } from '../../src/kernel/index.ts';
import { describeStartFailure } from '../../src/worker/start-failure.ts';

const inUse = new SystemError('bind', -EADDRINUSE, '127.0.0.1:8000');

test('a port in use: the address, who asked for it, what to do', () => {
  assert.equal(
    describeStartFailure(inUse, { kind: 'flag', name: '--bind' }),
    [
      'bind 127.0.0.1:8000: address already in use (EADDRINUSE)',
      '  Asked for by flag --bind.',
      '  Another process listens there (or, for a unix socket, another file is in its place). Stop it, or choose another address: --bind 127.0.0.1:8001',
    ].join('\n'),
  );
});

test('the origin may be a variable or the default', () => {
  assert.match(
    describeStartFailure(inUse, { kind: 'environment', name: 'PORT' }),
    /Asked for by the environment variable PORT\./,
  );
  assert.match(
    describeStartFailure(inUse, { kind: 'default', name: 'bind' }),
    /Asked for by the default: no --bind/,
  );
});

test('a port for root only: the way out', () => {
  const message = describeStartFailure(new SystemError('bind', -EACCES, '0.0.0.0:80'), {
    kind: 'flag',
    name: '--bind',
  });
  assert.match(message, /below 1024/);
});

test('an error of another kind keeps its stack', () => {
  assert.match(
    describeStartFailure(new Error('odd'), { kind: 'default', name: 'bind' }),
    /did not start\n {2}Error: odd\n.*start-failure.test.ts/s,
  );
  assert.match(describeStartFailure('odd', { kind: 'default', name: 'bind' }), /did not start\n {2}'odd'/);
});
