// Statements of SQLite that are known to be slow: a thread runs them in coroutines, on a connection of its own that only reads.
// By choice, statement by statement: what is looked up by a key is found sooner than a thread could be asked.
//
//   const report = slowStatement(database, 'SELECT ... GROUP BY ...');    instead of database.prepare('...')
//   report.all(year);                                                      as always
//
// Whatever the thread can't do, and whatever goes wrong there, the statement itself does, blocking: so results and errors are
// its own. For node:sqlite and better-sqlite3, where their drivers are installed; else it is only `prepare`.

import { pathToFileURL } from 'node:url';
import { until } from '../../task/index.ts';
import { callThreads, driverThread } from '../call-threads.ts';
import { attachHidden } from '../twin.ts';
import type { Library, Options, Statement } from './sqlite-library.ts';
import type { ReadJob } from './sqlite-thread.ts';

/** Of node:sqlite: `readBigInts`, `returnArrays`, ...; of better-sqlite3: `raw`, `pluck`, `expand`, `safeIntegers`. */
export type SlowOptions = Options;

/** What is read, in one call: with an iterator, the thread would have to wait for the app. */
const METHODS = ['all', 'get'];

const READER = driverThread('sqlite-thread').href;

interface Installed {
  readonly library: Library;
  /** What the thread loads it by. */
  readonly module: string;
  readonly log: (message: string) => void;
}

const installed: Installed[] = [];

export function installSqlite(library: Library, path: string, log: (message: string) => void): void {
  const module = path.startsWith('node:') ? path : pathToFileURL(path).href;
  installed.push({ library, module, log });
}

interface AnyDatabase {
  prepare(sql: string): unknown;
}

/**
 * As `database.prepare(sql)`, for a statement that only reads and is slow: in coroutines, `all` and `get` don't hold the process.
 * Only of a database in a file, in WAL mode; in a transaction it blocks, as what that has written is not seen from outside.
 * Options not given are the library's defaults, not the database's.
 *
 * @throws TypeError where the statement writes.
 * @example slowStatement(database, 'SELECT year, sum(price) FROM sales GROUP BY year').all()
 */
export function slowStatement<D extends AnyDatabase>(
  database: D,
  sql: string,
  options: SlowOptions = {},
): ReturnType<D['prepare']> {
  const found = installed.find(({ library }) => library.owns(database));
  const library = found?.library;
  const statement = database.prepare(sql) as ReturnType<D['prepare']>;
  if (library === undefined || found === undefined) {
    configureAny(statement as Statement, options);
    return statement;
  }
  library.configure(statement as Statement, options);
  if (library.writes(database, sql, statement as Statement))
    throw new TypeError(
      `slowStatement(database, sql) is for statements that only read; this one writes: ${sql}`,
    );
  const reason = library.whyPlain(database);
  if (reason === undefined) addTwins(found, database, sql, options, statement as Statement);
  else found.log(`slowStatement: ${sql} blocks: ${reason}`);
  return statement;
}

/** The setters' names are those of the options: `raw()`, `setReadBigInts()`. */
function configureAny(statement: Statement, options: SlowOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const setter = `set${name[0]!.toUpperCase()}${name.slice(1)}`;
    const method = statement[setter] ?? statement[name];
    if (method === undefined) throw new TypeError(`slowStatement(database, sql, options): no option ${name}`);
    method.call(statement, value);
  }
}

function addTwins(
  { library, module, log }: Installed,
  database: AnyDatabase,
  sql: string,
  options: SlowOptions,
  statement: Statement,
): void {
  const file = library.fileOf(database);
  const hasTemporary = database.prepare('SELECT 1 FROM temp.sqlite_schema LIMIT 1') as Statement;
  let changed = false;
  let said = false;
  /** Whether a connection of its own would see the same. */
  const isElsewhereTheSame = (): boolean =>
    !changed &&
    library.isOpen(database) &&
    !library.isInTransaction(database) &&
    hasTemporary['get']!() === undefined;
  for (const method of METHODS) {
    const plain = statement[method]!;
    const own = {
      [method](this: unknown, ...args: unknown[]) {
        return plain.apply(this as Statement, args);
      },
    }[method]!;
    attachHidden(own, function* (this: unknown, ...args: unknown[]) {
      if (this !== statement || !isElsewhereTheSame()) return plain.apply(this as Statement, args);
      const job: ReadJob = { module, file, sql, options, method, args };
      const answer = yield* until(callThreads.call({ module: READER, name: 'read', args: [job] }));
      if (!answer.ok) {
        if (!said) log(`slowStatement: ${sql} blocks where its thread fails: ${answer.reason}`);
        said = true;
        return plain.apply(statement, args);
      }
      const { value } = answer;
      return method === 'all' ? (value as unknown[]).map(library.restored) : library.restored(value);
    });
    Object.defineProperty(statement, method, { value: own, writable: true, configurable: true });
  }
  // Changed later on, it is no longer what the thread has.
  for (const setter of library.setters) {
    const plain = statement[setter]!;
    const own = (...args: unknown[]): unknown => {
      changed = true;
      return plain.apply(statement, args);
    };
    Object.defineProperty(statement, setter, { value: own, writable: true, configurable: true });
  }
}
