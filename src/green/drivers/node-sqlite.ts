// The driver for `node:sqlite`: it lets `slowStatement` use threads for databases of Node's own library.

import type { Driver } from './driver.ts';
import { installSqlite } from './slow-statement.ts';
import { nodeLibrary } from './sqlite-library.ts';

export const nodeSqlite: Driver = {
  name: 'node:sqlite',
  package: 'node:sqlite',
  install(exports, { log }) {
    installSqlite(nodeLibrary(exports as Parameters<typeof nodeLibrary>[0]), 'node:sqlite', log);
  },
};
