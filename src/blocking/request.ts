// The arguments of `fetchSync`, checked and made into plain data, which both its forms perform: the coroutine's client in
// this thread, or the same client in the helper thread.

import { withoutBlanks } from '../http/index.ts';
import { invalidArgument, outOfRange } from './errors.ts';
import { checkDuration } from './sleep-sync.ts';

/** What has headers: as for `fetch`. */
export type HeadersSource =
  | Headers
  | Readonly<Record<string, string | number>>
  | Iterable<readonly [string, string | number]>;

export interface FetchSyncOptions {
  /** Default: GET. CONNECT, TRACE and TRACK are refused, as by `fetch`. */
  readonly method?: string;
  readonly headers?: HeadersSource;
  /** Text (sent as UTF-8), bytes, or a form. GET and HEAD have none. */
  readonly body?: string | ArrayBuffer | ArrayBufferView | URLSearchParams | null;
  /** 'follow' (default), 'manual': the 3xx is the answer, 'error': it is an error. */
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** Milliseconds for all of it, redirects included. Default: 0, no limit beside the following. */
  readonly timeout?: number;
  /** Milliseconds for a connection to be established. Default: 10000; 0 for no limit. */
  readonly connectTimeout?: number;
  /** Milliseconds in which nothing comes from the server or is taken by it. Default: 300000; 0 for no limit. */
  readonly idleTimeout?: number;
  /** Ends a waiting coroutine's request with the signal's reason. A blocked thread hears nothing: there it is looked at once. */
  readonly signal?: AbortSignal | null;
  /** Bytes of the body, as sent and as decoded, past which it is refused. Default: 128 MiB. */
  readonly maxResponseSize?: number;
}

/** A URL, taken apart once: a URL object does it anew each time that it is asked. http: or https:, without fragment. */
export interface Target {
  readonly href: string;
  readonly origin: string;
  readonly secure: boolean;
  /** With its port, where that is not the scheme's own. */
  readonly host: string;
  readonly hostname: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
}

/** A request, checked. Structured clones of it are sent to the helper thread. */
export interface PreparedRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxResponseSize: number;
}

/** As long as others give a connection; long enough for two lost SYNs. */
const CONNECT_TIMEOUT = 10_000;
/** As long as `fetch` waits for a head, and between two pieces of a body. */
const IDLE_TIMEOUT = 300_000;
/** The body is held in memory as a whole. */
const MAX_RESPONSE_SIZE = 128 * 1024 * 1024;

const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
const REDIRECTS: ReadonlySet<unknown> = new Set(['follow', 'manual', 'error']);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const NO_OPTIONS: FetchSyncOptions = {};

/** Throws TypeErrors and RangeErrors with a code for what no request can be made of; the signal's reason where it is aborted. */
export function prepare(url: string | URL, options: FetchSyncOptions = NO_OPTIONS): PreparedRequest {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('ERR_INVALID_ARG_TYPE', `fetchSync(url, options): options must be an object`);
  }
  const method = readMethod(options.method ?? 'GET');
  const headers = readHeaders(options.headers ?? undefined);
  const body = readBody(options.body ?? undefined, headers);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw invalidArgument('ERR_INVALID_ARG_VALUE', `a ${method} request has no body: use POST, or no body`);
  }
  const { redirect = 'follow', timeout = 0, connectTimeout = CONNECT_TIMEOUT } = options;
  const { idleTimeout = IDLE_TIMEOUT, maxResponseSize = MAX_RESPONSE_SIZE } = options;
  if (!REDIRECTS.has(redirect)) {
    throw invalidArgument(
      'ERR_INVALID_ARG_VALUE',
      `redirect must be 'follow', 'manual' or 'error'; got ${String(redirect)}`,
    );
  }
  checkDuration('timeout', timeout);
  checkDuration('connectTimeout', connectTimeout);
  checkDuration('idleTimeout', idleTimeout);
  if (!(typeof maxResponseSize === 'number' && maxResponseSize >= 0)) {
    throw outOfRange(`maxResponseSize must be a number of bytes, 0 or more; got ${String(maxResponseSize)}`);
  }
  const signal = options.signal ?? undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument('ERR_INVALID_ARG_TYPE', 'signal must be an AbortSignal');
  }
  signal?.throwIfAborted();
  return {
    method,
    target: targetOf(readUrl(url)),
    headers,
    body,
    redirect,
    timeout,
    connectTimeout,
    idleTimeout,
    maxResponseSize,
  };
}

/** An absolute http: or https: URL without fragment. */
export function readUrl(text: string | URL, base?: string): URL {
  // `parse` costs a fraction of what a caught exception does, and says as much.
  const url = URL.parse(text, base);
  if (url === null) {
    throw invalidArgument(
      'ERR_INVALID_URL',
      `${JSON.stringify(String(text))} is not an absolute URL: it must start with http:// or https://`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalidArgument(
      'ERR_INVALID_PROTOCOL',
      `only http: and https: can be fetched; got ${url.protocol} in ${JSON.stringify(url.href)}`,
    );
  }
  if (base === undefined && (url.username !== '' || url.password !== '')) {
    throw invalidArgument(
      'ERR_INVALID_URL',
      'a URL with a user name or a password can’t be fetched: put them into an Authorization header',
    );
  }
  if (url.hash !== '' || url.href.endsWith('#')) url.hash = '';
  return url;
}

export function targetOf(url: URL): Target {
  const { href, origin, host, hostname, port } = url;
  const secure = url.protocol === 'https:';
  const path = url.pathname + url.search;
  return {
    href,
    origin,
    secure,
    host,
    hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    path,
  };
}

function readMethod(given: unknown): string {
  if (typeof given !== 'string' || !TOKEN.test(given)) {
    throw invalidArgument(
      'ERR_INVALID_ARG_VALUE',
      `method must be a token such as POST; got ${String(given)}`,
    );
  }
  const upper = given.toUpperCase();
  if (FORBIDDEN_METHODS.has(upper)) {
    throw invalidArgument('ERR_INVALID_ARG_VALUE', `the method ${upper} can't be fetched`);
  }
  return METHODS.has(upper) ? upper : given;
}

function readHeaders(given: HeadersSource | undefined): string[] {
  const flat: string[] = [];
  if (given === undefined) return flat;
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument(
      'ERR_INVALID_ARG_TYPE',
      'headers must be an object, a Headers, or a list of [name, value]',
    );
  }
  if (Symbol.iterator in given) {
    for (const [name, value] of given as Iterable<readonly [string, string | number]>) {
      flat.push(String(name), withoutBlanks(String(value)));
    }
  } else {
    for (const name of Object.keys(given)) flat.push(name, withoutBlanks(String(given[name])));
  }
  return flat;
}

/** The body's octets. Text and forms say what they are, where the headers don't. */
function readBody(body: unknown, headers: string[]): Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string') {
    addType(headers, 'text/plain;charset=UTF-8');
    return encoder.encode(body);
  }
  if (body instanceof URLSearchParams) {
    addType(headers, 'application/x-www-form-urlencoded;charset=UTF-8');
    return encoder.encode(body.toString());
  }
  // Copies: the caller may go on writing into its own while a coroutine waits.
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
  if (ArrayBuffer.isView(body)) {
    return Uint8Array.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  throw invalidArgument(
    'ERR_INVALID_ARG_TYPE',
    'body must be a string, an ArrayBuffer, a view of one, or a URLSearchParams: send an object as JSON.stringify(object), with a Content-Type',
  );
}

const encoder = new TextEncoder();

function addType(headers: string[], type: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'content-type') return;
  }
  headers.push('Content-Type', type);
}
