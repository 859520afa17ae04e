// The descriptor table of the simulated process. As POSIX has it, a new descriptor is the lowest free number, so a
// number is reused at once; several descriptors may refer to one socket.

import type { OpenFile } from './files.ts';
import type { ListenSocket } from './listener.ts';
import type { StreamSocket } from './stream.ts';

/** A poller's own descriptor. */
interface OpenPoller {
  readonly kind: 'poller';
  references: number;
}

type OpenDescription = StreamSocket | ListenSocket | OpenFile | OpenPoller;

/** 0 to 2 are standard input, output and error. */
const FIRST = 3;

export class Descriptors {
  /** More are refused with EMFILE: RLIMIT_NOFILE. */
  readonly limit: number;
  readonly table: (OpenDescription | undefined)[] = [];
  opened = 0;
  #lowest = FIRST;
  #open = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get full(): boolean {
    return this.#open + FIRST >= this.limit;
  }

  get(fd: number): OpenDescription | undefined {
    return this.table[fd];
  }

  /** The caller has checked {@link full}. */
  open(description: OpenDescription): number {
    let fd = this.#lowest;
    while (this.table[fd] !== undefined) fd++;
    this.table[fd] = description;
    this.#lowest = fd + 1;
    this.#open++;
    this.opened++;
    description.references++;
    return fd;
  }

  /** Frees the number; what it referred to is gone when its `references` are 0. */
  close(fd: number): void {
    this.table[fd]!.references--;
    this.table[fd] = undefined;
    this.#open--;
    if (fd < this.#lowest) this.#lowest = fd;
  }

  *[Symbol.iterator](): Generator<[number, OpenDescription]> {
    for (const [fd, description] of this.table.entries())
      if (description !== undefined) yield [fd, description];
  }
}
