// Who asks, as a handler's arguments tell: a response of `node:http`, or a fetch Request, a framework's context around one. A
// route uses it to hear that the client has gone, and to answer where the handler can't.

/** The client of a request. */
export interface Client {
  /** Calls `listener` when the client goes before it has its answer. Returns what takes that back. */
  onGone(listener: () => void): () => void;
  /** Answers 503: what a fetch handler returns then, if it is one. */
  refuse(error: Error): unknown;
}

interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  on(event: 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
  setHeader(name: string, value: string): void;
  end(text: string): void;
  destroy(): void;
}

const TEXT = 'text/plain; charset=utf-8';

/** The client that `args` are of; `undefined` where they tell of none. */
export function clientOf(args: readonly unknown[]): Client | undefined {
  const response = args.find(isNodeResponse);
  if (response !== undefined) return nodeClient(response);
  const request = requestOf(args[0]);
  return request === undefined ? undefined : fetchClient(request);
}

function nodeClient(response: NodeResponse): Client {
  return {
    onGone(listener) {
      const onClose = (): void => {
        if (!response.writableFinished) listener();
      };
      if (response.destroyed) onClose();
      else response.on('close', onClose);
      return () => response.off('close', onClose);
    },
    refuse(error) {
      if (response.destroyed) return;
      if (response.headersSent) {
        // Half an answer must not look like a whole one.
        response.destroy();
        return;
      }
      response.statusCode = 503;
      response.setHeader('content-type', TEXT);
      response.end(`${error.message}\n`);
    },
  };
}

function fetchClient(request: Signalled): Client {
  return {
    onGone(listener) {
      const { signal } = request;
      if (signal.aborted) listener();
      else signal.addEventListener('abort', listener, { once: true });
      return () => signal.removeEventListener('abort', listener);
    },
    refuse: (error) => new Response(`${error.message}\n`, { status: 503, headers: { 'content-type': TEXT } }),
  };
}

function isNodeResponse(value: unknown): value is NodeResponse {
  const response = value as { writeHead?: unknown; on?: unknown } | null | undefined;
  return typeof response?.writeHead === 'function' && typeof response.on === 'function';
}

/** Its signal is not read until it is needed: reading makes it. */
interface Signalled {
  readonly signal: AbortSignal;
}

/** `value` itself; Hono's context has the Request as `req.raw`, h3's event as `req`. */
function requestOf(value: unknown): Signalled | undefined {
  const { req } = Object(value) as { req?: { raw?: unknown } };
  for (const holder of [value, req?.raw, req]) {
    if (typeof holder === 'object' && holder !== null && 'signal' in holder) return holder as Signalled;
  }
  return undefined;
}
