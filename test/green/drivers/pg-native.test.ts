// pg-native in coroutines, against the same calls plain, on a throwaway cluster.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { postgresCommand, untilPostgres } from '../../../examples/green/postgres.ts';
import { Pending } from '../../../src/green/coroutine.ts';
import { installDrivers } from '../../../src/green/drivers/index.ts';
import { green, outcome, startGreen } from './green.ts';

// biome-ignore lint/suspicious/noExplicitAny: pg-native has no types
type Client = any;

/** With PG_NATIVE_FROM, the pg-native that a file at that path finds: one on a libpq that was compiled. */
const FROM = process.env['PG_NATIVE_FROM'] ?? import.meta.filename;

function missing(): string | false {
  if (!existsSync('/usr/lib/postgresql')) return 'PostgreSQL is not installed: apt-get install postgresql';
  try {
    createRequire(FROM)('pg-native');
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

const SETUP = `
  CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL, at timestamptz, raw bytea);
  INSERT INTO things VALUES (1, 'one', '2026-01-02 03:04:05Z', '\\x00ff'), (2, '', NULL, NULL);
`;

/** A method, and what it is called with. Each runs on a connection of its own, in this order. */
const CALLS: readonly (readonly [string, ...unknown[]])[] = [
  [
    'querySync',
    'SELECT 1 AS one, NULL AS nothing, true AS yes, 1.5::float8 AS half, 9007199254740993::int8 AS big',
  ],
  ['querySync', 'SELECT * FROM things ORDER BY id'],
  [
    'querySync',
    "SELECT '{1,2}'::int[] AS list, '{\"a\": [1]}'::jsonb AS object, 'x'::text AS a, 'y'::text AS a",
  ],
  ['querySync', 'SELECT $1::text AS text, $2::int AS number, $3::text AS nothing', ['ü€😀', '7', null]],
  ['querySync', 'SELECT length($1) AS length', ['x'.repeat(8_000_000)]],
  ['querySync', "SELECT repeat('y', 3000000) AS long"],
  ['querySync', 'SELECT i FROM generate_series(1, 5000) AS i'],
  ['querySync', 'SELECT 1 AS first; SELECT 2 AS second'],
  ['querySync', 'SELECT 1 WHERE false'],
  ['querySync', "UPDATE things SET name = 'two' WHERE id = 2"],
  ['querySync', "INSERT INTO things VALUES (1, 'again')"],
  ['querySync', 'SELECT nonsense FROM nowhere'],
  ['querySync', 'SELECT 1; SELECT 1/0; SELECT 3'],
  ['querySync', 'SELECT $1::int AS number', ['seven']],
  ['querySync', 'SELECT 1', 'not an array'],
  ['querySync', 'SELECT 1; SELECT 2', []],
  ['querySync', ''],
  ['querySync'],
  ['querySync', "DO $$ BEGIN RAISE NOTICE 'ignored'; END $$"],
  ['prepareSync', 'by id', 'SELECT name, raw FROM things WHERE id = $1', 1],
  ['executeSync', 'by id', ['1']],
  ['executeSync', 'by id', []],
  ['executeSync', 'unknown', []],
  ['prepareSync', 'by id', 'SELECT 1', 0],
  ['prepareSync', 'wrong', 'SELECT FROM FROM', 0],
  ['querySync', 'BEGIN'],
  ['querySync', 'SELECT 1/0'],
  ['querySync', 'SELECT 1'],
  ['querySync', 'ROLLBACK'],
  ['querySync', 'SELECT pg_terminate_backend(pg_backend_pid())'],
  ['querySync', 'SELECT 1'],
];

describe('pg-native in coroutines', { skip: missing() }, () => {
  let folder: string;
  let server: ChildProcess;
  let database: string;
  let ClientClass: Client;
  const clients: Client[] = [];

  function connected(options?: object): Client {
    const client = new ClientClass(options);
    client.connectSync(database);
    clients.push(client);
    return client;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siskin-postgres-'));
    const [program, ...args] = postgresCommand(folder);
    server = spawn(program!, args, { stdio: 'ignore' });
    database = await untilPostgres(folder);
    await installDrivers(['pg-native'], FROM, () => {});
    ClientClass = createRequire(FROM)('pg-native');
  });

  after(async () => {
    for (const client of clients) client.end();
    server.kill('SIGQUIT');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  it('returns and throws what the plain calls do', async () => {
    for (const options of [undefined, { arrayMode: true }]) {
      const [plain, twin] = [connected(options), connected(options)];
      for (const [method, ...args] of CALLS) {
        // Each finds the tables as the other did.
        const reset = connected();
        reset.querySync(`SET client_min_messages = error; DROP TABLE IF EXISTS things; ${SETUP}`);
        const expected = await outcome(() => plain[method](...args));
        reset.querySync(`DROP TABLE things; ${SETUP}`);
        const got = await outcome(() => green(twin[method], twin, ...args));
        assert.deepEqual(got, expected, `${method} ${String(args[0]).slice(0, 80)}`);
        reset.end();
        clients.pop();
      }
    }
  });

  it('lets others run while the server is asked', async () => {
    const [holder, waiter] = [connected(), connected()];
    holder.querySync('SELECT pg_advisory_lock(1)');
    const waiting = startGreen(waiter.querySync, waiter, 'SELECT pg_advisory_lock(1), 1 AS got') as Pending;
    assert.ok(waiting instanceof Pending);
    // Plain, this would never be reached.
    await green(holder.querySync, holder, 'SELECT pg_advisory_unlock(1)');
    assert.deepEqual(await waiting.promise, [{ pg_advisory_lock: '', got: 1 }]);
  });

  it('sends one statement at a time on a connection, in order', async () => {
    const client = connected();
    const all = Array.from({ length: 20 }, (_, i) => green(client.querySync, client, `SELECT ${i} AS i`));
    const rows = await Promise.all(all);
    assert.deepEqual(
      rows,
      Array.from({ length: 20 }, (_, i) => [{ i }]),
    );
  });

  it('has a plain call wait for the statement that is on its way, and both get their rows', async () => {
    const client = connected();
    const count = 'SELECT count(*)::int AS n FROM generate_series(1, 300000)';
    const waiting = startGreen(client.querySync, client, count) as Pending;
    const next = green(client.querySync, client, 'SELECT 3 AS n');
    assert.ok(waiting instanceof Pending);
    assert.deepEqual(client.querySync('SELECT 2 AS n'), [{ n: 2 }]);
    assert.deepEqual(await waiting.promise, [{ n: 300_000 }]);
    assert.deepEqual(await next, [{ n: 3 }]);
  });

  it('has an asynchronous query wait for the statement that is on its way', async () => {
    const client = connected();
    const waiting = green(client.querySync, client, 'SELECT 1 AS n FROM pg_sleep(0.001)');
    const rows = await new Promise((resolve, reject) =>
      client.query('SELECT 2 AS n', (error: unknown, got: unknown) => (error ? reject(error) : resolve(got))),
    );
    assert.deepEqual(rows, [{ n: 2 }]);
    assert.deepEqual(await waiting, [{ n: 1 }]);
    assert.deepEqual(await green(client.querySync, client, 'SELECT 3 AS n'), [{ n: 3 }]);
  });

  it('throws where the connection dies in the middle, and so does who comes next', async () => {
    const [holder, waiter] = [connected(), connected()];
    const [{ pid }] = waiter.querySync('SELECT pg_backend_pid() AS pid');
    holder.querySync('SELECT pg_advisory_lock(2)');
    const waiting = startGreen(waiter.querySync, waiter, 'SELECT pg_advisory_lock(2)') as Pending;
    // Listened to from now on: it may have ended before the other one hears that it was.
    const dead = assert.rejects(waiting.promise, /^Error: server closed the connection unexpectedly/);
    const next = outcome(() => green(waiter.querySync, waiter, 'SELECT 1'));
    await green(holder.querySync, holder, 'SELECT pg_terminate_backend($1)', [String(pid)]);
    await dead;
    assert.match(JSON.stringify(await next), /no connection to the server/);
  });

  it('that are cancelled cancel their statement, and leave the connection fit for the next one', async () => {
    const [holder, waiter] = [connected(), connected()];
    holder.querySync('SELECT pg_advisory_lock(3)');
    const waiting = startGreen(waiter.querySync, waiter, 'SELECT pg_advisory_lock(3)') as Pending;
    const next = green(waiter.querySync, waiter, 'SELECT 1 AS n');
    waiting.task.cancel();
    await assert.rejects(waiting.promise, { name: 'Cancelled' });
    assert.deepEqual(await next, [{ n: 1 }]);
  });

  it('that are cancelled ask again where the server has overlooked it: it does, if the statement has yet to begin', async () => {
    const [holder, waiter] = [connected(), connected()];
    holder.querySync('SELECT pg_advisory_lock(4)');
    const { pq } = waiter as unknown as { pq: { cancel(): boolean | string } };
    let asked = 0;
    const cancel = pq.cancel.bind(pq);
    pq.cancel = () => (++asked === 1 ? true : cancel());
    const waiting = startGreen(waiter.querySync, waiter, 'SELECT pg_advisory_lock(4)') as Pending;
    waiting.task.cancel();
    await assert.rejects(waiting.promise, { name: 'Cancelled' });
    assert.equal(asked, 2);
    assert.deepEqual(await green(waiter.querySync, waiter, 'SELECT 1 AS n'), [{ n: 1 }]);
  });

  it('leaves notifications to who listens for them', async () => {
    const [listener, notifier] = [connected(), connected()];
    const heard: unknown[] = [];
    listener.on('result', () => heard.push('a result that was not its own'));
    const all = new Promise<void>((resolve) =>
      listener.on('notification', ({ extra }: { extra: string }) => {
        heard.push(extra);
        if (heard.length === 2) resolve();
      }),
    );
    await green(listener.querySync, listener, 'LISTEN news');
    await green(notifier.querySync, notifier, "NOTIFY news, 'first'");
    assert.deepEqual(await green(listener.querySync, listener, 'SELECT 1 AS n'), [{ n: 1 }]);
    await green(notifier.querySync, notifier, "NOTIFY news, 'second'");
    await all;
    assert.deepEqual(heard, ['first', 'second']);
  });

  it('connects, or says why not, as the plain call does', async () => {
    const client = new ClientClass();
    const waiting = startGreen(client.connectSync, client, database);
    assert.ok(waiting instanceof Pending);
    assert.equal(await waiting.promise, undefined);
    clients.push(client);
    assert.deepEqual(await green(client.querySync, client, 'SELECT 1 AS n'), [{ n: 1 }]);
    const nowhere = `${database} dbname=nowhere`;
    const [plain, twin] = [new ClientClass(), new ClientClass()];
    assert.deepEqual(
      await outcome(() => green(twin.connectSync, twin, nowhere)),
      await outcome(() => plain.connectSync(nowhere)),
    );
    assert.deepEqual(
      await outcome(() => green(twin.querySync, twin, 'SELECT 1')),
      await outcome(() => plain.querySync('SELECT 1')),
    );
  });

  it('has those who come while it connects wait until it has', async () => {
    const client = new ClientClass();
    const connecting = startGreen(client.connectSync, client, database) as Pending;
    const rows = startGreen(client.querySync, client, 'SELECT 1 AS n') as Pending;
    assert.ok(rows instanceof Pending);
    await connecting.promise;
    clients.push(client);
    assert.deepEqual(await rows.promise, [{ n: 1 }]);
  });

  it('that is cancelled while it connects leaves nothing open', async () => {
    const client = new ClientClass();
    const connecting = startGreen(client.connectSync, client, database) as Pending;
    connecting.task.cancel();
    await assert.rejects(connecting.promise, { name: 'Cancelled' });
    await green(client.querySync, client, 'SELECT 1').catch(() => {});
    assert.equal(client.pq.connected, false);
  });

  it('keeps names and numbers of parameters', () => {
    const { prototype } = ClientClass;
    assert.deepEqual(
      ['querySync', 'prepareSync', 'executeSync'].map((name) => [prototype[name].length, name]),
      [
        [2, 'querySync'],
        [3, 'prepareSync'],
        [2, 'executeSync'],
      ],
    );
  });
});
