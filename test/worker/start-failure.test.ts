// Why a server could not listen: who asked for the address, and what to do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EACCES, EADDRINUSE, SystemError } from '../../src/kernel/index.ts';
import { bindError } from '../../src/node/engine.ts';
import { describeStartFailure } from '../../src/worker/start-failure.ts';

const inUse = new SystemError('bind', -EADDRINUSE, '127.0.0.1:8000');

test('a port in use: the address, who asked for it, what to do', () => {
  assert.equal(
    describeStartFailure(inUse, { kind: 'flag', name: '--bind' }),
    [
      'bind 127.0.0.1:8000: address already in use (EADDRINUSE)',
      '  Asked for by flag --bind.',
      '  Another process listens there (`ss -ltnp` says which). Stop it, or choose another port, such as 127.0.0.1:8001.',
    ].join('\n'),
  );
});

test('the port that is proposed is the next one of the same host, whoever listens', () => {
  const proposal = (error: Error) =>
    / such as (.*)\.$/.exec(describeStartFailure(error, { kind: 'flag', name: '--bind' }))?.[1];
  assert.equal(proposal(new SystemError('bind', -EADDRINUSE, '0.0.0.0:18414')), '0.0.0.0:18415');
  assert.equal(proposal(new SystemError('bind', -EADDRINUSE, '[::1]:65535')), '[::1]:65534');
  const ofNode = { code: 'EADDRINUSE', syscall: 'listen', address: '::', port: 3000 };
  assert.equal(proposal(Object.assign(new Error('listen EADDRINUSE'), ofNode)), '[::]:3001');
  assert.equal(proposal(bindError(new SystemError('listen', -EADDRINUSE, '[::1]:3000'))), '[::1]:3001');
});

test('a unix socket in use: another path is proposed, not a port', () => {
  const message = describeStartFailure(new SystemError('bind', -EADDRINUSE, 'unix:/run/app:1'), {
    kind: 'flag',
    name: '--bind',
  });
  assert.match(message, /another file is in its place.*another path\.$/);
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
