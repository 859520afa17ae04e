// A server for tests of the client: each request goes to a script, which writes octets as it likes. And a simulated network
// that has one.

import { poolOf } from '../../src/blocking/fetch-sync.ts';
import {
  type FetchLimits,
  type FetchSyncOptions,
  fetchSync,
  type SyncResponse,
  setFetchLimits,
} from '../../src/blocking/index.ts';
import { twinOf } from '../../src/green/twin.ts';
import { MessageReader, type RequestHead } from '../../src/http/index.ts';
import { SystemError } from '../../src/kernel/index.ts';
import type { SimKernel, SimOptions } from '../../src/kernel/sim/index.ts';
import type { Loop } from '../../src/loop/index.ts';
import { listen, type Stream } from '../../src/net/index.ts';
import { type Co, type Scope, scope, sleep } from '../../src/task/index.ts';
import { runSimulated } from '../net/backend.ts';

/** A request as it came. */
export interface Asked {
  readonly head: RequestHead;
  readonly body: string;
  /** The how many-th connection it came on, and the how many-th request on that; from 1. */
  readonly connection: number;
  readonly turn: number;
}

/** Answers one request; returns false where it has closed the connection. */
export type Script = (stream: Stream, asked: Asked) => Co<boolean | void>;

export const PORT = 8000;
export const SITE = `http://127.0.0.1:${PORT}`;

/** An answer with a counted body. */
export function ok(body = 'ok', fields = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A script that writes one answer to everything. */
export function* always(stream: Stream, text: string): Co<void> {
  yield* stream.write(Buffer.from(text, 'latin1'));
}

export class Site {
  readonly asked: Asked[] = [];
  connections = 0;
  /** Connections that are open now. */
  open = 0;
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  /** Serves until it is cancelled. */
  *serve(tasks: Scope, host = '127.0.0.1', port = PORT): Co<void> {
    const family = host.includes(':') ? 'inet6' : 'inet';
    const listener = yield* listen({ family, host, port });
    tasks.spawn(this.#accept(listener, tasks));
  }

  *#accept(listener: { accept(): Co<Stream>; close(): void }, tasks: Scope): Co<void> {
    try {
      for (;;) tasks.spawn(this.#talk(yield* listener.accept(), ++this.connections));
    } finally {
      listener.close();
    }
  }

  *#talk(stream: Stream, connection: number): Co<void> {
    this.open++;
    try {
      yield* this.#converse(stream, connection);
    } catch (error) {
      // The client is gone.
      if (!(error instanceof SystemError)) throw error;
    } finally {
      this.open--;
      stream.close();
    }
  }

  *#converse(stream: Stream, connection: number): Co<void> {
    const reader = MessageReader.ofRequests();
    const buffer = new Uint8Array(4096);
    let head: RequestHead | undefined;
    let body = '';
    for (let turn = 0; ; ) {
      const event = reader.next();
      if (event.type === 'head') {
        head = event.head;
        body = '';
      } else if (event.type === 'data') body += Buffer.from(event.bytes).toString('latin1');
      else if (event.type === 'end') {
        const asked = { head: head!, body, connection, turn: ++turn };
        this.asked.push(asked);
        if ((yield* this.#script(stream, asked)) === false) return;
      } else if (event.type === 'need-data') {
        const count = yield* stream.read(buffer);
        if (count === 0) return;
        reader.receive(buffer.subarray(0, count));
      } else return;
    }
  }
}

const green = twinOf(fetchSync)!;

/** `fetchSync` as green code calls it. */
export function get(url: string | URL, options?: FetchSyncOptions): Co<SyncResponse> {
  return green.call(undefined, url, options) as Co<SyncResponse>;
}

export interface Setting {
  readonly loop: Loop;
  readonly kernel: SimKernel;
  readonly site: Site;
  readonly tasks: Scope;
}

/** Runs `body` on a simulated network on which `script` answers; fails where a descriptor is left. */
export function withSite(
  script: Script,
  body: (setting: Setting) => Co<void>,
  options: SimOptions = {},
): Promise<void> {
  return runSimulated(options, function* (loop, kernel) {
    yield* scope(function* (tasks) {
      const site = new Site(script);
      yield* site.serve(tasks);
      try {
        yield* body({ loop, kernel, site, tasks });
      } finally {
        poolOf(loop).clear();
        tasks.cancel();
      }
    });
  });
}

/** Answers with the path, after 100 ms. */
export function* slowly(stream: Stream, { head }: Asked): Co<void> {
  yield* sleep(100);
  yield* stream.write(ok(head.path));
}

/** Runs `run` with other limits than usual. */
export async function withLimits(limits: Partial<FetchLimits>, run: () => Promise<void>): Promise<void> {
  setFetchLimits(limits);
  try {
    await run();
  } finally {
    setFetchLimits({ maxConnections: 2048, maxIdle: 1024, keepAlive: 4000, dnsCache: 5000 });
  }
}
