// The driver for `sync-fetch`, which starts a process for each request, and there fetches with `node-fetch`. Here the same
// `node-fetch` does it in this process, and the package itself makes the response of what comes.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { until } from '../../task/index.ts';
import { type Driver, DriverError } from './driver.ts';

interface SyncFetch {
  (resource: unknown, init?: unknown): unknown;
  readonly Request: new (resource: unknown, init?: unknown) => unknown;
}

/** A request and an error as the package has them pass between the processes. */
type Message = readonly [url: string, init: RequestMessage];
type ErrorMessage = readonly [name: string, init: readonly [string, string | undefined, { code?: string }]];

interface RequestMessage {
  readonly body?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly timeout?: number;
}

interface Internals {
  serializeRequest(request: unknown): Message;
  deserializeResponse(body: string, init: object, bodyError: ErrorMessage | null): unknown;
  deserializeError(...error: ErrorMessage): Error;
}

interface NodeFetch {
  default(request: object): Promise<NodeResponse>;
  readonly Request: new (url: string, init: object) => object;
}

interface NodeResponse {
  readonly headers: { raw(): Record<string, string[]> };
  readonly status: number;
  readonly statusText: string;
  readonly redirected: boolean;
  readonly type: string;
  readonly url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export const syncFetch: Driver = {
  name: 'sync-fetch',
  package: 'sync-fetch',
  install(exports, { resolve, registerTwin }) {
    const library = exports as SyncFetch;
    const entry = resolve('sync-fetch');
    const internals = internalsOf(entry);
    let loading: Promise<NodeFetch> | undefined;
    registerTwin(library, function* (resource, init) {
      const request = internals.serializeRequest(new library.Request(resource, init));
      // `import`, which is slow, at the first request.
      loading ??= import(pathToFileURL(createRequire(entry).resolve('node-fetch')).href);
      const nodeFetch = yield* until(loading);
      // What isn't JSON doesn't pass between processes.
      const make = yield* until(
        fetched(nodeFetch, JSON.parse(JSON.stringify(request)) as Message, internals),
      );
      return make();
    });
  },
};

function internalsOf(entry: string): Internals {
  const require = createRequire(entry);
  const [request, response, error] = ['request', 'response', 'error'].map((name) => {
    try {
      return require(join(dirname(entry), 'src', `${name}.js`));
    } catch (cause) {
      throw new DriverError(
        `the driver sync-fetch knows versions 0.6 and 0.7 of it; ${entry} is another one`,
        {
          cause,
        },
      );
    }
  });
  return { ...request, ...response, ...error };
}

/** Fetches, and returns what makes the response or throws the error, for whoever asked. */
async function fetched(
  nodeFetch: NodeFetch,
  [url, { body, headers, timeout, ...rest }]: Message,
  { deserializeResponse, deserializeError }: Internals,
): Promise<() => unknown> {
  const abort = timeout ? new AbortController() : undefined;
  let timer: NodeJS.Timeout | undefined;
  const described = (error: unknown, inTime: string): ErrorMessage => {
    const { name, message, type, code } = error as Error & { type?: string; code?: string };
    const late = name === 'AbortError' && abort?.signal.aborted === true;
    return [
      (error as Error).constructor.name,
      [message, late ? inTime : type, code === undefined ? {} : { code }],
    ];
  };
  try {
    if (abort !== undefined) {
      if (!Number.isInteger(timeout)) throw new TypeError('Expected an integer');
      timer = setTimeout(() => abort.abort(), timeout);
    }
    const request = new nodeFetch.Request(url, {
      ...rest,
      headers,
      body: body ? Buffer.from(body, 'base64') : undefined,
      ...(abort !== undefined && { signal: abort.signal }),
    });
    const response = await nodeFetch.default(request);
    const { status, statusText, redirected, type, url: last } = response;
    const init = { headers: response.headers.raw(), status, statusText, redirected, type, url: last };
    try {
      const bytes = Buffer.from(await response.arrayBuffer()).toString('base64');
      return () => deserializeResponse(bytes, init, null);
    } catch (error) {
      const message = described(error, 'body-timeout');
      return () => deserializeResponse('', init, message);
    }
  } catch (error) {
    const message = described(error, 'request-timeout');
    return () => {
      throw deserializeError(...message);
    };
  } finally {
    clearTimeout(timer);
  }
}
