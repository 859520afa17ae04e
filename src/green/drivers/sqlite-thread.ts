// Reads for slow statements, in a thread of CallThreads: its connections and statements stay, for the next call.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { betterLibrary, type Library, nodeLibrary, type Options, type Statement } from './sqlite-library.ts';

export interface ReadJob {
  /** `node:sqlite`, or the URL of better-sqlite3. */
  readonly module: string;
  readonly file: string;
  readonly sql: string;
  readonly options: Options;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** More statements than that are being made up as the app goes: then none is kept. */
const MOST_STATEMENTS = 200;

const libraries = new Map<string, Library>();
const databases = new Map<string, unknown>();
const statements = new Map<string, Statement>();

/** What `statement[method](...args)` returns. Throws whatever it throws. */
export function read({ module, file, sql, options, method, args }: ReadJob): unknown {
  const key = JSON.stringify([module, file, sql, options]);
  let statement = statements.get(key);
  if (statement === undefined) {
    const library = known(libraries, module, () => libraryOf(module));
    const database = known(databases, JSON.stringify([module, file]), () => library.open(file));
    statement = (database as { prepare(sql: string): Statement }).prepare(sql);
    library.configure(statement, options);
    if (statements.size >= MOST_STATEMENTS) statements.clear();
    statements.set(key, statement);
  }
  return statement[method]!.apply(statement, args as unknown[]);
}

function libraryOf(module: string): Library {
  const require = createRequire(import.meta.url);
  return module === 'node:sqlite'
    ? nodeLibrary(require(module))
    : betterLibrary(require(fileURLToPath(module)));
}

function known<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
