// The driver for `better-sqlite3`: it lets `slowStatement` use threads for its databases.

import type { Driver } from './driver.ts';
import { installSqlite } from './slow-statement.ts';
import { betterLibrary } from './sqlite-library.ts';

export const betterSqlite3: Driver = {
  name: 'better-sqlite3',
  package: 'better-sqlite3',
  install(exports, { resolve, log }) {
    const library = betterLibrary(exports as Parameters<typeof betterLibrary>[0]);
    installSqlite(library, resolve('better-sqlite3'), log);
  },
};
