// The app of the seeds: a handler of every kind, each of which marks its answer with the request's id. It keeps account
// of what it was asked and of what it has opened, so that a run can tell what was asked twice or never closed.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { FetchHandler } from '../../../src/app/index.ts';
import type { Loop } from '../../../src/loop/index.ts';
import { sleep } from '../../../src/task/index.ts';
import { type Kind, pattern } from './plan.ts';

type Answer = ReturnType<FetchHandler>;
type AnyRequest = Parameters<FetchHandler>[0];

export type Style = 'fetch' | 'node';

interface Asked {
  readonly id: string;
  readonly size: number;
  readonly request: AnyRequest;
}

const storage = new AsyncLocalStorage<string>();

export class SeedApp {
  /** Ids of requests, in the order in which they came to the app. */
  readonly asked: string[] = [];
  /** What went wrong within the app's sight. */
  readonly complaints: string[] = [];
  /** Of those, the ones that came when the server had been told to stop. */
  readonly late = new Set<string>();
  stopping = false;
  /** Streams and coroutines that have not been closed yet. */
  open = 0;
  coroutines = 0;
  readonly #loop: Loop;
  /** How the app is called: there are no coroutines through node:http. */
  readonly #style: Style;

  constructor(loop: Loop, style: Style) {
    this.#loop = loop;
    this.#style = style;
  }

  readonly handler: FetchHandler = (request) => {
    const [, kind, id, size] = new URL(request.url).pathname.split('/') as [string, Kind, string, string];
    this.asked.push(id);
    if (this.stopping) this.late.add(id);
    const before = storage.getStore();
    if (before !== undefined) this.complaints.push(`${id} began in the context of ${before}`);
    storage.enterWith(id);
    const named = kind === 'coroutine' && this.#style === 'node' ? 'async' : kind;
    return this[named]({ id, size: Number(size), request });
  };

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#loop.setTimer(ms, () => this.#loop.schedule({ run: resolve }));
    });
  }

  /** The id as the request's headers tell it, however late that is asked. */
  #respond({ id, request }: Asked, body: ConstructorParameters<typeof Response>[0]): Response {
    const shown = request.headers.get('x-id');
    if (shown !== id) this.complaints.push(`${id} has the headers of ${shown}`);
    return new Response(body, { headers: { 'x-id': id } }) as Response;
  }

  #check({ id }: Asked): void {
    const now = storage.getStore();
    if (now !== id) this.complaints.push(`${id} went on in the context of ${now}`);
  }

  sync(asked: Asked): Answer {
    return this.#respond(asked, pattern(asked.id, asked.size));
  }

  async async(asked: Asked): Promise<Response> {
    if (asked.size % 2 === 0) await this.#sleep(asked.size % 30);
    else await null;
    this.#check(asked);
    return this.#respond(asked, Buffer.from(pattern(asked.id, asked.size)));
  }

  stream(asked: Asked): Answer {
    const declared = asked.size % 3 === 0;
    const response = this.#respond(asked, this.#pieces(asked, asked.size));
    if (declared) response.headers.set('content-length', String(asked.size));
    return response;
  }

  echo(asked: Asked): Answer {
    return this.#respond(asked, asked.request.body);
  }

  async text(asked: Asked): Promise<Response> {
    const text = await asked.request.text();
    this.#check(asked);
    return this.#respond(asked, text);
  }

  ignore(asked: Asked): Answer {
    return this.#respond(asked, pattern(asked.id, asked.size));
  }

  *coroutine(asked: Asked): Generator<never, Response, unknown> {
    this.open++;
    this.coroutines++;
    try {
      yield* sleep(asked.size % 37 === 0 ? 5000 : asked.size % 30) as Generator<never, void, unknown>;
      this.#check(asked);
      return this.#respond(asked, pattern(asked.id, asked.size));
    } finally {
      this.open--;
      this.coroutines--;
    }
  }

  throw({ id }: Asked): Answer {
    throw new Error(`expected of ${id}`);
  }

  async reject({ id, size }: Asked): Promise<Response> {
    await this.#sleep(size % 20);
    throw new Error(`expected of ${id}`);
  }

  /** A stream that fails after half of what it promised. */
  broken(asked: Asked): Answer {
    const response = this.#respond(
      asked,
      this.#pieces(asked, asked.size >> 1, new Error(`expected of ${asked.id}`)),
    );
    if (asked.size % 2 === 0) response.headers.set('content-length', String(asked.size + 1));
    return response;
  }

  /** `pattern` in pieces, some at once and some after a while; then its end, or `error`. */
  #pieces({ id, size }: Asked, end: number, error?: Error): ReadableStream {
    const text = pattern(id, size);
    let at = 0;
    this.open++;
    let open = true;
    const close = (): void => {
      if (open) this.open--;
      open = false;
    };
    return new ReadableStream({
      pull: async (controller) => {
        if (at % 2 === 1) await this.#sleep(at % 7);
        if (!open) return;
        if (at >= end) {
          close();
          if (error === undefined) controller.close();
          else controller.error(error);
          return;
        }
        const piece = text.slice(at, Math.min(end, at + 1 + ((at * 31 + size) % 3000)));
        at += piece.length;
        controller.enqueue(Buffer.from(piece));
      },
      cancel: close,
    });
  }
}
