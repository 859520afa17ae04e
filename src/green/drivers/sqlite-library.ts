// The two libraries for SQLite, as slow statements see them: where an app prepares one, and in the thread that reads.

export type Options = Readonly<Record<string, boolean>>;

export type Statement = Record<string, ((...args: unknown[]) => unknown) | undefined>;

export interface Library {
  readonly name: string;
  /** Methods of a statement that change what it returns. */
  readonly setters: readonly string[];
  owns(database: unknown): boolean;
  /** A connection that only reads. */
  open(file: string): unknown;
  /** Gives a statement that was just prepared its options. */
  configure(statement: Statement, options: Options): void;
  /** Whether the statement, which is `sql`, changes anything. */
  writes(database: unknown, sql: string, statement: Statement): boolean;
  /** Why a connection of its own would not do; `undefined` where it would. */
  whyPlain(database: unknown): string | undefined;
  fileOf(database: unknown): string;
  isOpen(database: unknown): boolean;
  isInTransaction(database: unknown): boolean;
  /** A row that was copied from thread to thread, as the library would have made it. */
  restored(row: unknown): unknown;
}

interface Prepares {
  prepare(sql: string): unknown;
}

/** What readers and writers don't wait for each other in. */
const JOURNAL = 'wal';

function journalOf(database: unknown): string | undefined {
  const statement = (database as Prepares).prepare('PRAGMA journal_mode') as { get(): object };
  const mode = String(Object.values(statement.get())[0]);
  return mode === JOURNAL
    ? undefined
    : `the journal's mode is ${mode}; PRAGMA journal_mode = ${JOURNAL} would let it`;
}

/** SQLite's own program for the statement: it says whether it begins a transaction to write (`p2` of the opcode). */
function beginsToWrite(database: unknown, sql: string): boolean {
  const program = (database as Prepares).prepare(`EXPLAIN ${sql}`) as {
    all(): { readonly opcode: string; readonly p2: number | bigint }[];
  };
  return program.all().some(({ opcode, p2 }) => opcode === 'Transaction' && Number(p2) !== 0);
}

interface NodeDatabase extends Prepares {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  location(): string | null;
}

interface NodeSqlite {
  readonly DatabaseSync: new (file: string, options?: { readOnly: boolean }) => NodeDatabase;
}

const NODE_OPTIONS: Options = {
  allowBareNamedParameters: true,
  allowUnknownNamedParameters: false,
  readBigInts: false,
  returnArrays: false,
};

const setterOf = (option: string): string => `set${option[0]!.toUpperCase()}${option.slice(1)}`;

export function nodeLibrary({ DatabaseSync }: NodeSqlite): Library {
  return {
    name: 'node:sqlite',
    setters: Object.keys(NODE_OPTIONS).map(setterOf),
    owns: (database) => database instanceof DatabaseSync,
    open: (file) => new DatabaseSync(file, { readOnly: true }),
    configure(statement, options) {
      for (const [option, value] of Object.entries({ ...NODE_OPTIONS, ...options })) {
        if (!(option in NODE_OPTIONS)) throw unknownOption(option, Object.keys(NODE_OPTIONS));
        statement[setterOf(option)]!.call(statement, value);
      }
    },
    writes: beginsToWrite,
    whyPlain: (database) =>
      (database as NodeDatabase).location() === null ? 'the database is not in a file' : journalOf(database),
    fileOf: (database) => (database as NodeDatabase).location()!,
    isOpen: (database) => (database as NodeDatabase).isOpen,
    isInTransaction: (database) => (database as NodeDatabase).isTransaction,
    restored: (row) =>
      typeof row === 'object' && row !== null && !Array.isArray(row) ? Object.setPrototypeOf(row, null) : row,
  };
}

interface BetterDatabase extends Prepares {
  readonly open: boolean;
  readonly inTransaction: boolean;
  readonly memory: boolean;
  pragma(source: string): { readonly name: string; readonly file: string }[];
}

type BetterSqlite3 = new (
  file: string,
  options?: { readonly: boolean; fileMustExist: boolean },
) => BetterDatabase;

const BETTER_OPTIONS = ['raw', 'pluck', 'expand', 'safeIntegers'];

export function betterLibrary(Database: BetterSqlite3): Library {
  return {
    name: 'better-sqlite3',
    setters: BETTER_OPTIONS,
    owns: (database) => database instanceof Database,
    open: (file) => new Database(file, { readonly: true, fileMustExist: true }),
    configure(statement, options) {
      for (const [option, value] of Object.entries({ safeIntegers: false, ...options })) {
        if (!BETTER_OPTIONS.includes(option)) throw unknownOption(option, BETTER_OPTIONS);
        // The others are off, and off is refused where a statement returns no rows.
        if (value || option === 'safeIntegers') statement[option]!.call(statement, value);
      }
    },
    writes: (_database, _sql, statement) => (statement as { readonly readonly?: unknown }).readonly !== true,
    whyPlain: (database) =>
      fileOfBetter(database) === '' ? 'the database is not in a file' : journalOf(database),
    fileOf: fileOfBetter,
    isOpen: (database) => (database as BetterDatabase).open,
    isInTransaction: (database) => (database as BetterDatabase).inTransaction,
    restored: restoredBuffers,
  };
}

/** Its `name` is what it was opened with, which may be relative to a folder that was current then. */
function fileOfBetter(database: unknown): string {
  const list = (database as BetterDatabase).pragma('database_list');
  return list.find(({ name }) => name === 'main')!.file;
}

/** Blobs are Buffers there; a copy from another thread is a Uint8Array. */
function restoredBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value !== 'object' || value === null) return value;
  const row = value as Record<string, unknown>;
  for (const name in row) if (typeof row[name] === 'object') row[name] = restoredBuffers(row[name]);
  return row;
}

const unknownOption = (option: string, known: readonly string[]): TypeError =>
  new TypeError(`slowStatement(database, sql, options): options are ${known.join(', ')}; got ${option}`);
