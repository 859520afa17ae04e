// Notices when files change that somebody has loaded: `siskin dev`. Whole folders are watched, since editors write a new file and
// rename it.

import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Milliseconds in which several changes are one: an editor, or a change of branch, writes many files. */
const SETTLE = 50;

export class FileWatch {
  readonly #onChange: (files: readonly string[]) => void;
  /** Names by folder. */
  readonly #names = new Map<string, Set<string>>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `onChange` with the files that have changed. */
  constructor(onChange: (files: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  /** Watches `file`, too; an absolute path. */
  add(file: string): void {
    const folder = dirname(file);
    let names = this.#names.get(folder);
    if (names === undefined) {
      names = new Set();
      this.#names.set(folder, names);
      this.#watch(folder);
    }
    names.add(basename(file));
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && this.#names.get(folder)?.has(name) === true) this.#note(`${folder}/${name}`);
      });
      // The folder has gone: it can't be told of any more.
      watcher.on('error', () => watcher.close());
      this.#watchers.set(folder, watcher);
    } catch {
      // The system has no more watches, or the folder has gone: a restart by hand is left.
    }
  }

  #note(file: string): void {
    this.#changed.add(file);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const files = [...this.#changed];
      this.#changed.clear();
      this.#onChange(files);
    }, SETTLE);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}
