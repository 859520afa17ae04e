// Slow statements of SQLite in coroutines, with both libraries, against plain ones.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Pending } from '../../../src/green/coroutine.ts';
import { slowStatement } from '../../../src/green/drivers/index.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { green, install, outcome, startGreen, turnsDuring } from './green.ts';

// biome-ignore lint/suspicious/noExplicitAny: two libraries, called with what their types forbid
type Any = any;

const require = createRequire(import.meta.url);

interface Library {
  open(file: string): Any;
  /** Options of statements, which are all tried. */
  readonly options: readonly Record<string, boolean>[];
}

const LIBRARIES: Readonly<Record<string, Library>> = {
  'node:sqlite': {
    open: (file) => new (require('node:sqlite').DatabaseSync)(file),
    options: [{}, { readBigInts: true }, { returnArrays: true }],
  },
  'better-sqlite3': {
    open: (file) => require('better-sqlite3')(file),
    options: [{}, { safeIntegers: true }, { raw: true }, { expand: true }],
  },
};

const SETUP = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE sales (id INTEGER PRIMARY KEY, year INTEGER, price REAL, note TEXT, raw BLOB);
  INSERT INTO sales VALUES (1, 2024, 1.5, 'one', x'00ff'), (2, 2025, 2, 'ü', NULL), (9007199254740993, 2025, 3, '', x'');
`;

/** A statement, and what it is called with. */
const READS: readonly (readonly [string, ...unknown[]])[] = [
  ['SELECT id % 1000 AS id, year, price, note, raw FROM sales ORDER BY id'],
  ['SELECT year, sum(price) AS total FROM sales GROUP BY year'],
  ['SELECT * FROM sales WHERE id = 7'],
  ['SELECT note FROM sales WHERE year = ? AND price > ?', 2025, 2.5],
  ['SELECT note FROM sales WHERE year = $year', { year: 2024 }],
  ['SELECT note, raw FROM sales WHERE raw = ?', Buffer.from([0, 255])],
  // Too large for a number, a parameter of no type, too few, one too many.
  ['SELECT id FROM sales ORDER BY id'],
  ['SELECT note FROM sales WHERE year = ?', Symbol('year')],
  ['SELECT note FROM sales WHERE year = ?', () => 2024],
  ['SELECT note FROM sales WHERE year = ?', 1, 2],
  ['SELECT abs(-9223372036854775808) AS overflow'],
  ['SELECT own(note) AS own FROM sales'],
];

/** Some tenths of a second. */
const SLOW = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT count(*) AS n FROM n
`;

for (const [name, { open, options }] of Object.entries(LIBRARIES)) {
  describe(`a slow statement of ${name} in coroutines`, () => {
    let folder: string;
    let database: Any;
    let logged: string[];

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'siskin-sqlite-'));
      logged = await install(name);
      database = open(join(folder, 'sales.db'));
      database.exec(SETUP);
      database.function('own', (text: string) => `own ${text}`);
    });

    after(() => {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('returns and throws what a plain one does', async () => {
      for (const each of options) {
        for (const [sql, ...args] of READS) {
          const statement = slowStatement(database, sql, each) as Any;
          const plain = Object.getPrototypeOf(statement);
          for (const method of ['all', 'get']) {
            const expected = await outcome(() => plain[method].apply(statement, args));
            const got = await outcome(() => green(statement[method], statement, ...args));
            assert.deepStrictEqual(got, expected, `${method} of ${sql} ${JSON.stringify(each)}`);
            assert.deepStrictEqual(await outcome(() => statement[method](...args)), expected);
          }
        }
      }
    });

    it('has said, once, where its thread could not do it', () => {
      const said = logged.filter((line) => line.includes('own(note)'));
      assert.equal(said.length, options.length);
      assert.match(said[0]!, /blocks where its thread fails: no such function: own/);
    });

    it('lets others run meanwhile, writers too', async () => {
      const statement = slowStatement(database, SLOW) as Any;
      const waiting = startGreen(statement.get, statement) as Pending;
      assert.ok(waiting instanceof Pending);
      database.exec("INSERT INTO sales (id, note) VALUES (50, 'meanwhile')");
      const turns = await turnsDuring(() => waiting.promise);
      assert.ok(turns > 20, `the loop turned ${turns} times`);
      assert.equal(((await waiting.promise) as { n: number }).n, 400_000);
    });

    it('sees what was written before it', async () => {
      const statement = slowStatement(database, 'SELECT note FROM sales WHERE id = 60') as Any;
      assert.equal(await green(statement.get, statement), undefined);
      database.exec("INSERT INTO sales (id, note) VALUES (60, 'written')");
      assert.equal(((await green(statement.get, statement)) as Any).note, 'written');
    });

    it('runs plain in a transaction, among temporary tables, when it was changed, and when all is closed', async () => {
      const statement = slowStatement(database, 'SELECT note FROM sales WHERE id = 70') as Any;
      const runsInThread = async (): Promise<void> => {
        const value = startGreen(statement.get, statement);
        assert.ok(value instanceof Pending);
        await value.promise;
      };
      const runsPlain = (): unknown => {
        const value = startGreen(statement.get, statement);
        assert.ok(!(value instanceof Pending));
        return value;
      };
      await runsInThread();
      database.exec("BEGIN; INSERT INTO sales (id, note) VALUES (70, 'not committed')");
      assert.equal((runsPlain() as Any).note, 'not committed');
      database.exec('ROLLBACK');
      database.exec("CREATE TEMPORARY TABLE sales AS SELECT 70 AS id, 'temporary' AS note");
      assert.equal((runsPlain() as Any).note, 'temporary');
      database.exec('DROP TABLE temp.sales');
      await runsInThread();
      if (name === 'node:sqlite') statement.setReturnArrays(true);
      else statement.raw();
      runsPlain();
      const other = open(join(folder, 'sales.db'));
      const last = slowStatement(other, 'SELECT 1 AS one') as Any;
      other.close();
      const expected = await outcome(() => Object.getPrototypeOf(last).get.call(last));
      assert.deepEqual(await outcome(() => green(last.get, last)), expected);
      assert.ok('thrown' in (expected as object));
    });

    it('is refused where it writes', () => {
      for (const sql of [
        'DELETE FROM sales',
        'WITH few AS (SELECT 1 AS id) INSERT INTO sales (id) SELECT id + 100 FROM few RETURNING id',
      ])
        assert.throws(() => slowStatement(database, sql), /for statements that only read; this one writes/);
      assert.throws(() => slowStatement(database, 'SELECT 1', { rwa: true }), /got rwa/);
      assert.throws(() => slowStatement(database, 'SELECT FROM'), /syntax error/);
    });

    it('is a plain one of a database in memory, or without WAL, and that is said', () => {
      const memory = open(':memory:');
      assert.equal(twinOf((slowStatement(memory, 'SELECT 1') as Any).all), undefined);
      memory.close();
      const deleting = open(join(folder, 'deleting.db'));
      assert.equal(twinOf((slowStatement(deleting, 'SELECT 2') as Any).all), undefined);
      deleting.close();
      assert.match(logged.join('\n'), /SELECT 1 blocks: the database is not in a file/);
      assert.match(
        logged.join('\n'),
        /SELECT 2 blocks: the journal's mode is delete; PRAGMA journal_mode = wal/,
      );
    });
  });
}

describe('a slow statement without its driver', () => {
  it('is a plain one, with its options', () => {
    const database = {
      prepare: () => ({ raw: (on: boolean) => (raw = on), all: () => [raw] }),
    };
    let raw = false;
    assert.deepEqual(slowStatement(database, 'SELECT 1', { raw: true }).all(), [true]);
    assert.throws(() => slowStatement(database, 'SELECT 1', { rwa: true }), /no option rwa/);
  });
});
