// Settings from flags, the environment and options: who wins, what is refused, and how it is said.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, defaultSettings, resolveSettings } from '../../src/config/index.ts';

async function problemsOf(sources: Parameters<typeof resolveSettings>[0]): Promise<ConfigError> {
  try {
    await resolveSettings(sources);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the settings were accepted' });
}

test('without any source, settings are the defaults', async () => {
  const { settings, warnings } = await resolveSettings({ env: {} });
  assert.deepEqual(settings, defaultSettings());
  assert.deepEqual(settings.bind, [{ family: 'inet', host: '127.0.0.1', port: 8000 }]);
  assert.deepEqual(warnings, []);
});

test('a flag wins over an option, an option over the environment', async () => {
  const env = { SISKIN_KEEP_ALIVE_TIMEOUT: '1s', SISKIN_BACKLOG: '1', SISKIN_MAX_CONNECTIONS: '1' };
  const options = { keepAliveTimeout: 2000, backlog: 2 };
  const { settings, origins } = await resolveSettings({ flags: { keepAliveTimeout: '3s' }, options, env });
  assert.equal(settings.keepAliveTimeout, 3000);
  assert.equal(settings.backlog, 2);
  assert.equal(settings.maxConnections, 1);
  assert.deepEqual(origins.keepAliveTimeout, { kind: 'flag', name: '--keep-alive-timeout' });
  assert.deepEqual(origins.backlog, { kind: 'option', name: 'backlog' });
  assert.deepEqual(origins.maxConnections, { kind: 'environment', name: 'SISKIN_MAX_CONNECTIONS' });
  assert.deepEqual(origins.maxPipelined, { kind: 'default', name: 'maxPipelined' });
});

test('the environment wins over a configuration file, which wins over the default', async () => {
  const file = { name: 'siskin.config.ts', values: { backlog: 1, workers: 'auto', maxConnections: '7' } };
  const { settings, origins } = await resolveSettings({ env: { SISKIN_MAX_CONNECTIONS: '9' }, file });
  assert.equal(settings.backlog, 1);
  assert.equal(settings.workers, 0);
  assert.equal(settings.maxConnections, 9);
  assert.deepEqual(origins.backlog, { kind: 'file', name: 'backlog', file: 'siskin.config.ts' });
  const error = await problemsOf({ file: { name: 'conf.ts', values: { backlog: 0, backlogg: 1 } } });
  assert.match(error.message, /^conf\.ts: backlog: 0: it is below 1$/m);
  assert.match(
    error.message,
    /^conf\.ts: backlogg: 1: there is no such setting\n {2}expected backlog, perhaps$/m,
  );
});

test('some settings can be read before the others, whose mistakes are said later', async () => {
  const flags = { chdir: '/srv', backlog: 'many' };
  const { settings } = await resolveSettings({ flags, only: ['chdir'] });
  assert.equal(settings.chdir, '/srv');
  assert.match((await problemsOf({ flags, only: ['backlog'] })).message, /not a whole number/);
});

test('settings of the command are refused in a program, which has no workers', async () => {
  const error = await problemsOf({ options: { workers: 2 } });
  assert.match(error.message, /^option workers: 2: it is a setting of siskin serve$/m);
});

test('texts are taken as they are, lists of them with commas too', async () => {
  const { settings } = await resolveSettings({
    flags: { envFile: ['.env,b.env'], pidfile: '/run/x.pid', umask: '027' },
  });
  assert.deepEqual(settings.envFile, ['.env', 'b.env']);
  assert.equal(settings.pidfile, '/run/x.pid');
  assert.equal(settings.umask, 0o027);
  assert.equal((await resolveSettings({ flags: { umask: 'inherited' } })).settings.umask, -1);
  assert.match((await problemsOf({ flags: { user: 'a\0b' } })).message, /it has a NUL in it/);
});

test('settings survive JSON: a worker gets them that way', async () => {
  const flags = { bind: ['unix:/x', 'fd://3', '[::1]:80'], forwardedAllowIps: ['10.0.0.0/8'] };
  const { settings } = await resolveSettings({ flags, env: {} });
  assert.deepEqual(JSON.parse(JSON.stringify(settings)), settings);
});

test('addresses may be repeated, listed with commas, or objects already', async () => {
  const expected = [
    { family: 'inet', host: '127.0.0.1', port: 1 },
    { family: 'unix', path: '/x' },
  ];
  for (const bind of [
    ['127.0.0.1:1', 'unix:/x'],
    '127.0.0.1:1, unix:/x',
    ['127.0.0.1:1,unix:/x'],
    expected,
  ]) {
    assert.deepEqual((await resolveSettings({ options: { bind } })).settings.bind, expected);
  }
});

test('one address needs no list around it', async () => {
  const bind = { family: 'inet', host: '127.0.0.1', port: 1 };
  assert.deepEqual((await resolveSettings({ options: { bind } })).settings.bind, [bind]);
});

test('PORT means every interface, and counts only where no other address is given', async () => {
  const everywhere = [{ family: 'inet', host: '0.0.0.0', port: 5000 }];
  const { settings, origins } = await resolveSettings({ env: { PORT: '5000' } });
  assert.deepEqual(settings.bind, everywhere);
  assert.deepEqual(origins.bind, { kind: 'environment', name: 'PORT' });
  const besideVariable = await resolveSettings({ env: { PORT: '5000', SISKIN_BIND: 'unix:/x' } });
  assert.deepEqual(besideVariable.settings.bind, [{ family: 'unix', path: '/x' }]);
  const besideFlag = await resolveSettings({ flags: { bind: ['unix:/y'] }, env: { PORT: '5000' } });
  assert.deepEqual(besideFlag.settings.bind, [{ family: 'unix', path: '/y' }]);
});

test('a PORT that is no port is shown as it is', async () => {
  const error = await problemsOf({ env: { PORT: 'tcp://x' } });
  assert.match(error.message, /^PORT=tcp:\/\/x: .*\n {2}expected a port number$/);
});

test('an empty variable counts as not set', async () => {
  const { settings } = await resolveSettings({ env: { PORT: '', SISKIN_BIND: '', SISKIN_BACKLOG: '' } });
  assert.deepEqual(settings, defaultSettings());
});

test('host names are looked up', async () => {
  const lookup = async (host: string): Promise<string> => (host === 'six' ? '::1' : '192.0.2.1');
  const { settings } = await resolveSettings({ flags: { bind: ['four:1', 'six:2'] }, lookup });
  assert.deepEqual(settings.bind, [
    { family: 'inet', host: '192.0.2.1', port: 1 },
    { family: 'inet6', host: '::1', port: 2 },
  ]);
});

test('a host name without an address is a mistake in the setting', async () => {
  const lookup = (): Promise<string> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  const error = await problemsOf({ flags: { bind: ['nowhere:80'] }, lookup });
  assert.match(error.message, /^--bind nowhere:80: the host name nowhere has no address \(ENOTFOUND\)/);
});

test('every mistake is reported at once, with its origin, what came and what was expected', async () => {
  const error = await problemsOf({
    flags: { keepAliveTimeout: '75', logLevel: 'loud', bind: ['127.0.0.1:1', '127.0.0.1:70000'] },
    env: { SISKIN_BACKLOG: '0', SISKIN_ACCESS_LOG: 'maybe' },
    options: { limitRequestBody: -1, headersTimeout: '2d' },
  });
  assert.equal(error.exitCode, 2);
  assert.equal(error.code, 'ERR_SISKIN_CONFIG');
  const shown = error.problems.map(({ setting, got, reason }) => `${setting} ${got}: ${reason}`).sort();
  assert.deepEqual(shown, [
    'accessLog maybe: it is neither on nor off',
    'backlog 0: it is below 1',
    'bind 127.0.0.1:70000: its port is above 65535',
    'headersTimeout 2d: it is not a duration',
    'keepAliveTimeout 75: it has no unit: write 75s or 75ms',
    'limitRequestBody -1: it is below 0',
    'logLevel loud: there is no such choice',
  ]);
  assert.match(
    error.message,
    /^--keep-alive-timeout 75: it has no unit: write 75s or 75ms\n {2}expected a duration from 1ms to 24h/m,
  );
  assert.match(
    error.message,
    /^SISKIN_BACKLOG=0: it is below 1\n {2}expected a whole number from 1 to 65535$/m,
  );
  assert.match(error.message, /^option limitRequestBody: -1: /m);
});

const REFUSED: ReadonlyArray<readonly [string, unknown, RegExp]> = [
  ['keepAliveTimeout', 0, /below 1ms/],
  ['keepAliveTimeout', '25h', /above 24h/],
  ['keepAliveTimeout', 1.5, /not a whole number/],
  ['keepAliveTimeout', null, /not a whole number/],
  ['keepAliveTimeout', Number.NaN, /not a whole number/],
  ['handlerTimeout', -1, /below/],
  ['limitRequestLine', '10', /below 64/],
  ['limitRequestBody', Number.POSITIVE_INFINITY, /not a whole number/],
  ['maxConnections', 'many', /not a whole number/],
  ['maxConnections', '1.5', /not a whole number/],
  ['unixMode', '888', /not an octal mode/],
  ['unixMode', 0o1000, /above 777/],
  ['accessLog', 1, /neither on nor off/],
  ['logFormat', 'xml', /no such choice/],
  ['bind', [], /empty list/],
  ['bind', [{ family: 'inet', host: 'localhost', port: 1 }], /not an IPv4 address/],
  ['bind', [{ family: 'inet', host: '127.0.0.1', port: 65_536 }], /above 65535/],
  ['bind', [{ family: 'ipx' }], /not an address/],
  ['bind', [':80', ':80'], /given twice/],
  ['forwardedAllowIps', ['10.0.0.0/99'], /prefix length/],
  ['forwardedAllowIps', [7], /not a text/],
  ['forwardedAllowIps', false, /not a list/],
];

for (const [key, value, reason] of REFUSED) {
  test(`${key} refuses ${JSON.stringify(value) ?? String(value)}`, async () => {
    const error = await problemsOf({ file: { name: 'siskin.config.ts', values: { [key]: value } } });
    assert.match(error.problems[0]!.reason, reason);
    assert.equal(error.problems.length, 1);
  });
}

test('zero turns off what can be turned off', async () => {
  const { settings } = await resolveSettings({
    env: { SISKIN_HANDLER_TIMEOUT: '0', SISKIN_BODY_MIN_RATE: '0' },
  });
  assert.equal(settings.handlerTimeout, 0);
  assert.equal(settings.bodyMinRate, 0);
});

test('any free port may be asked for twice', async () => {
  const { settings } = await resolveSettings({ flags: { bind: ['127.0.0.1:0', '127.0.0.1:0'] } });
  assert.equal(settings.bind.length, 2);
});

test('switches take words, and flags give booleans', async () => {
  for (const word of ['on', 'TRUE', 'yes', '1']) {
    assert.equal(
      (await resolveSettings({ env: { SISKIN_ACCESS_LOG: word } })).settings.accessLog,
      true,
      word,
    );
  }
  for (const flag of [true, false]) {
    assert.equal((await resolveSettings({ flags: { accessLog: flag } })).settings.accessLog, flag);
  }
});

test('an octal mode is read with and without its zero', async () => {
  for (const mode of ['660', '0660', '0o660', 0o660]) {
    assert.equal((await resolveSettings({ options: { unixMode: mode } })).settings.unixMode, 0o660);
  }
});

test('an unknown variable with our prefix is a warning that names the likely one', async () => {
  const { warnings } = await resolveSettings({
    env: { SISKIN_KEEPALIVE_TIMEOUT: '1s', SISKIN_QQQQQQQQQQQQQ: 'x', OTHER: 'y' },
  });
  assert.deepEqual(warnings, [
    'SISKIN_KEEPALIVE_TIMEOUT in the environment is not a setting; did you mean SISKIN_KEEP_ALIVE_TIMEOUT?',
    'SISKIN_QQQQQQQQQQQQQ in the environment is not a setting',
  ]);
});

test('what is set for threads is a warning where there are none', async () => {
  const flags = { threads: '4' };
  const env = { SISKIN_THREAD_MEMORY: '64M' };
  assert.deepEqual((await resolveSettings({ flags, env })).warnings, [
    '--threads has no effect without --worker-class threads',
    'SISKIN_THREAD_MEMORY has no effect without --worker-class threads',
  ]);
  const used = await resolveSettings({ flags: { ...flags, workerClass: 'threads' }, env });
  assert.deepEqual([used.warnings, used.settings.threads], [[], 4]);
});

test('a worker class that there is not is refused', async () => {
  const error = await problemsOf({ flags: { workerClass: 'greenlets' } });
  assert.match(error.message, /one of async, green, threads/);
});

test('an unknown option is refused, with the likely one', async () => {
  const error = await problemsOf({ options: { keepaliveTimeout: 1 } });
  assert.match(error.message, /no such setting\n {2}expected keepAliveTimeout, perhaps/);
});

test('sockets that a service manager passes on are served, where no other address is given', async () => {
  const env = { LISTEN_FDS: '2', LISTEN_PID: String(process.pid), PORT: '5000' };
  const passed = [
    { family: 'fd', fd: 3 },
    { family: 'fd', fd: 4 },
  ];
  const { settings, origins } = await resolveSettings({ env });
  assert.deepEqual(settings.bind, passed);
  assert.deepEqual(origins.bind, { kind: 'environment', name: 'LISTEN_FDS' });
  const chosen = await resolveSettings({ env: { ...env, SISKIN_BIND: 'unix:/x' } });
  assert.deepEqual(chosen.settings.bind, [{ family: 'unix', path: '/x' }]);
  // Another process was meant, which has started this one.
  const others = await resolveSettings({ env: { ...env, LISTEN_PID: '1' } });
  assert.deepEqual(others.origins.bind, { kind: 'environment', name: 'PORT' });
});
