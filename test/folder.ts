// A folder for the files that a test writes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export interface Folder {
  readonly directory: string;
  /** Where a file of that name is. */
  place(name: string): string;
  /** Writes a file; returns its name. */
  write(name: string, source: string): string;
}

/** A new folder, which is removed when the tests of the file that asks for it have ended. */
export function temporaryFolder(name: string): Folder {
  const directory = mkdtempSync(join(tmpdir(), `siskin-${name}-`));
  after(() => rmSync(directory, { recursive: true }));
  const place = (file: string): string => join(directory, file);
  return {
    directory,
    place,
    write(file, source) {
      writeFileSync(place(file), source);
      return file;
    },
  };
}
