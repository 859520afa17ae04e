// What `fetchSync` throws. Arguments that can't be right are TypeErrors and RangeErrors, as Node's own; what goes wrong on
// the way is a FetchError. Each has a code, and the same one plain and green.

import type { Problem } from '../http/index.ts';

/**
 * A request that got no answer that can be used. `code` is the system's (ECONNREFUSED, ECONNRESET, ENOTFOUND, ...), the
 * parser's (ERR_HTTP_..., see `siskin/http`), or one of `FETCH_CODES`.
 */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly code: string;
  /** What was asked for when it failed: after redirects, the last of them. */
  readonly url: string;

  constructor(code: string, message: string, url: string) {
    super(message);
    this.code = code;
    this.url = url;
  }
}

/** The codes that are this layer's own. */
export const FETCH_CODES = {
  timeout: 'ERR_FETCH_TIMEOUT',
  connectTimeout: 'ERR_FETCH_CONNECT_TIMEOUT',
  idleTimeout: 'ERR_FETCH_IDLE_TIMEOUT',
  redirect: 'ERR_FETCH_REDIRECT',
  tooManyRedirects: 'ERR_FETCH_TOO_MANY_REDIRECTS',
  encoding: 'ERR_FETCH_CONTENT_ENCODING',
  tooLarge: 'ERR_HTTP_BODY_TOO_LARGE',
  thread: 'ERR_FETCH_THREAD',
} as const;

/** What goes wrong where no URL is at hand: `asFetchError` adds it. */
export class Failure extends Error {
  readonly code: string;
  /** Nothing of an answer had come: on a connection that was used before, the server may just have closed it. */
  readonly beforeAnswer: boolean;

  constructor(code: string, message: string, beforeAnswer = false) {
    super(message);
    this.code = code;
    this.beforeAnswer = beforeAnswer;
  }

  static of(problem: Problem): Failure {
    return new Failure(problem.code, `the server's answer can't be read: ${problem.message}`);
  }
}

/** The server had closed a kept connection before it took the request, which may be sent once more. */
export class StaleConnection extends Failure {}

export function tooLarge(limit: number): Failure {
  return new Failure(
    FETCH_CODES.tooLarge,
    `the answer's body is larger than ${limit} bytes: give a larger maxResponseSize where that is expected`,
  );
}

/** `error` with what was asked for; anything that is no failure of a request (a cancellation, a bug) as it is. */
export function asFetchError(error: unknown, method: string, url: string): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  const expected = error instanceof Error && typeof code === 'string';
  if (!expected || error instanceof FetchError || code === 'ERR_CANCELLED') return error;
  return new FetchError(code, `${method} ${url} failed: ${error.message}`, url);
}

/** Errors about arguments, which are of no class of ours. */
const aboutArguments = new WeakSet<Error>();

/** An error of the caller, with Node's code for it. */
export function invalidArgument(code: string, message: string): TypeError {
  return withCode(new TypeError(message), code);
}

export function outOfRange(message: string): RangeError {
  return withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
}

function withCode<E extends Error>(error: E, code: string): E {
  aboutArguments.add(error);
  return Object.assign(error, { code });
}

/** Gives an error of ours its caller's stack: how the client came to it is of no use to whoever reads it. */
export function atCaller(error: unknown, below: (...args: never[]) => unknown): unknown {
  const ours = error instanceof FetchError || (error instanceof Error && aboutArguments.has(error));
  if (ours) Error.captureStackTrace(error as Error, below);
  return error;
}
