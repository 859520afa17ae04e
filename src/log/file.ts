// A log in a file. Written at once, a line or a batch of them: what was said before a crash is there after it. A file that can't
// be written (the disk is full) loses lines, which it says when it can again, and nothing else: a server is not to stop
// for want of a log.

import { closeSync, constants, fchownSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { LogSink } from './logger.ts';

/** Milliseconds until a file that could not be written is tried again. */
const PAUSE = 1000;

/** Whose a file is to be that root makes. */
export interface LogOwner {
  readonly uid: number;
  readonly gid: number;
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
const MODE = 0o640;

/** A log can't be opened. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
  readonly code = 'ERR_SISKIN_LOG_FILE';
}

export class LogFile implements LogSink {
  readonly #path: string;
  readonly #owner: LogOwner | undefined;
  readonly #complain: (message: string) => void;
  #fd: number;
  #lost = 0;
  #retryAt = 0;

  /** Appends to the file at `path`, which is made where there is none. Throws `LogFileError` where that can't be done. */
  constructor(path: string, complain: (message: string) => void, owner?: LogOwner) {
    this.#path = path;
    this.#complain = complain;
    this.#owner = owner;
    try {
      this.#fd = this.#open();
    } catch (error) {
      throw new LogFileError(`the log file ${path} can't be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /**
   * Whom the file is to belong to may write its folder, and have put a link to somebody else's file there: root is not to write
   * to that, or give it away.
   */
  #open(): number {
    if (this.#owner === undefined) return openSync(this.#path, 'a', MODE);
    const flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
    let fd: number;
    try {
      fd = openSync(this.#path, flags | O_CREAT | O_EXCL, MODE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      fd = openSync(this.#path, flags);
      if (fstatSync(fd).isFile()) return fd;
      closeSync(fd);
      throw new Error(`${this.#path} is no ordinary file`);
    }
    fchownSync(fd, this.#owner.uid, this.#owner.gid);
    return fd;
  }

  write(text: string): void {
    if (this.#lost > 0 && performance.now() < this.#retryAt) {
      this.#lost += countLines(text);
      return;
    }
    try {
      // Said first, and in the format of the rest.
      if (this.#lost > 0) writeAll(this.#fd, this.#excuse());
      writeAll(this.#fd, text);
      this.#lost = 0;
    } catch (error) {
      if (this.#lost === 0)
        this.#complain(`${this.#path} can't be written, lines are lost: ${(error as Error).message}`);
      this.#lost += countLines(text);
      this.#retryAt = performance.now() + PAUSE;
    }
  }

  #excuse(): string {
    const time = new Date().toISOString();
    return `${JSON.stringify({ level: 'error', time, pid: process.pid, msg: `${this.#lost} lines were lost here` })}\n`;
  }

  /** Opens the file anew: whoever rotates logs has moved it away. Where that fails, the old one stays; says whether it did not. */
  reopen(): boolean {
    try {
      const fd = this.#open();
      closeSync(this.#fd);
      this.#fd = fd;
      return true;
    } catch (error) {
      this.#complain(`${this.#path} can't be opened, the old file stays: ${(error as Error).message}`);
      return false;
    }
  }
}

/** write(2) may take a part; the rest of a line belongs behind it. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
