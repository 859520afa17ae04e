// A piece of an answer that is a file: which part of which file, how far it is, and what of it may be sent next. `exchange.ts`
// makes one, `outlet.ts` sends it.
//
// The bytes go from the page cache to the socket without passing through here, and never more than some at a time: one
// sendfile(2) of a whole file keeps the loop for tens of milliseconds, and one of a file that is not in memory for as long
// as the disk takes.
//
//   in memory? ──yes──► sendfile, at most 128 KB ──► again, a few times in a turn
//        └──no──► load: read elsewhere, and dropped ──► wake, and look again

import { EAGAIN, ECANCELED, EOPNOTSUPP, type Kernel } from '../kernel/index.ts';

/** Bytes of one sendfile: about 20 µs. */
const MOST_AT_ONCE = 128 * 1024;
/** Bytes that are brought into memory at a time, while nothing else of this connection goes on. */
const MOST_LOADED = 512 * 1024;

/** Hears, once, that the file is not needed any more; see `WireExchange.writeFile`. */
export type FileListener = (sent: number, failure: number) => void;

/** Nobody takes any more of these: whoever waits for a file among them may close it. */
export function dropFiles(pieces: readonly unknown[] | undefined): void {
  for (const piece of pieces ?? []) if (piece instanceof FilePiece) piece.finish(-ECANCELED);
}

export class FilePiece {
  readonly file: number;
  /** Of the next byte to be sent. */
  position: number;
  left: number;
  sent = 0;
  /** It was promised to the client as a chunk: what is short of that can't be made good. */
  chunked = false;
  /** The disk is read for it. */
  loading = false;
  /** Bytes from `position` on that were loaded, and may have gone since. */
  #loaded = 0;
  /** They were loaded a moment ago. */
  #fresh = false;
  #failure: number | undefined;
  #listener: FileListener | undefined;

  constructor(file: number, position: number, length: number, listener: FileListener) {
    this.file = file;
    this.position = position;
    this.left = length;
    this.#listener = listener;
  }

  /** Nothing more of it will be sent. */
  get over(): boolean {
    return this.#failure !== undefined;
  }

  /** `count` bytes are on their way. */
  advance(count: number): void {
    this.position += count;
    this.left -= count;
    this.sent += count;
    this.#loaded = Math.max(0, this.#loaded - count);
    this.#fresh = false;
    if (this.left === 0) this.finish(0);
  }

  /** Ends it. The file must stay open while the disk is read, so its owner hears of it only then. */
  finish(failure: number): void {
    if (this.over) return;
    this.#failure = failure;
    if (!this.loading) this.#tell();
  }

  #tell(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.(this.sent, this.#failure!);
  }

  /**
   * Bytes that can be sent without waiting for the disk; 0 at the file's end. `-EAGAIN`: they are being loaded, and `wake`
   * is called when they are there.
   */
  ready(kernel: Kernel, wake: () => void): number {
    if (this.loading) return -EAGAIN;
    const wanted = Math.min(this.left, MOST_AT_ONCE);
    const found = kernel.cached(this.file, this.position, wanted);
    if (found !== -EAGAIN && found !== -EOPNOTSUPP) return found;
    // Where nobody can tell, or it is never said to be there, what was read a moment ago is taken to be.
    if (this.#loaded > 0 && (this.#fresh || found === -EOPNOTSUPP)) return Math.min(wanted, this.#loaded);
    this.#load(kernel, wake);
    return -EAGAIN;
  }

  #load(kernel: Kernel, wake: () => void): void {
    this.loading = true;
    kernel.load(this.file, this.position, Math.min(this.left, MOST_LOADED), (count) => {
      this.loading = false;
      if (this.over) this.#tell();
      else if (count > 0) {
        this.#loaded = count;
        this.#fresh = true;
      } else this.finish(count);
      wake();
    });
  }
}
