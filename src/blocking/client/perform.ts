// Performs a request to its answer: over a kept connection or a new one, once more where a kept one turns out to be
// closed, along redirects. A coroutine: `fetchSync` runs it in green code, and the helper thread for the plain form.
//
// Redirects are followed as the Fetch standard's "HTTP-redirect fetch" has it.

import type { Co } from '../../task/index.ts';
import { asFetchError, Failure, FETCH_CODES, StaleConnection } from '../errors.ts';
import { type PreparedRequest, readUrl, type Target, targetOf } from '../request.ts';
import { type Answer, ListedAnswer } from './answer.ts';
import { converse } from './conversation.ts';
import { decodeBody } from './decode.ts';
import { encode } from './outgoing.ts';
import { Patience } from './patience.ts';
import type { Pool } from './pool.ts';
import { converseSecurely } from './secure.ts';

const MOST_REDIRECTS = 20;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Methods whose requests may be sent twice (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** What describes a body, and goes with it. */
const BODY_FIELDS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]);
/** What is meant for one origin only. */
const ORIGIN_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'host',
]);

export interface Performed {
  readonly answer: Answer;
  readonly url: string;
  readonly redirected: boolean;
}

/** Performs `request`. Throws FetchError; and what it was cancelled or aborted with, as it is. */
export function* perform(pool: Pool, request: PreparedRequest, signal?: AbortSignal): Co<Performed> {
  const patience = new Patience(pool.loop, request);
  const place = { url: request.target.href, method: request.method };
  try {
    return yield* patience.around(follow(pool, request, patience, place), signal);
  } catch (error) {
    throw signal?.aborted === true && error === signal.reason
      ? error
      : asFetchError(error, place.method, place.url);
  }
}

/** `place` says where it is, for who has to name it in an error. */
function* follow(
  pool: Pool,
  request: PreparedRequest,
  patience: Patience,
  place: { url: string; method: string },
): Co<Performed> {
  for (let redirects = 0; ; redirects++) {
    place.url = request.target.href;
    place.method = request.method;
    const answer = yield* ask(pool, request, patience);
    patience.rest();
    const location = REDIRECTS.has(answer.status) ? answer.get('location') : undefined;
    if (location === undefined || request.redirect === 'manual') {
      const body = yield* decodeBody(answer, request.maxResponseSize);
      const decoded =
        body === answer.body ? answer : new ListedAnswer(answer.status, answer.reason, answer.fields(), body);
      return { answer: decoded, url: request.target.href, redirected: redirects > 0 };
    }
    if (request.redirect === 'error') {
      throw new Failure(FETCH_CODES.redirect, `it is redirected to ${location}, and redirect is 'error'`);
    }
    if (redirects === MOST_REDIRECTS) {
      throw new Failure(FETCH_CODES.tooManyRedirects, `it is redirected more than ${MOST_REDIRECTS} times`);
    }
    request = redirect(request, answer.status, location);
  }
}

/** One request and its answer, whatever that is. */
function* ask(pool: Pool, request: PreparedRequest, patience: Patience): Co<Answer> {
  for (let again = false; ; again = true) {
    try {
      return request.target.secure
        ? yield* converseSecurely(request, patience)
        : yield* converseOverPool(pool, request, patience, again);
    } catch (error) {
      if (again || !(error instanceof StaleConnection) || !IDEMPOTENT.has(request.method)) throw error;
    }
  }
}

function* converseOverPool(
  pool: Pool,
  request: PreparedRequest,
  patience: Patience,
  again: boolean,
): Co<Answer> {
  const { method, target, maxResponseSize } = request;
  const outgoing = encode(request);
  const connection = yield* pool.take(target, patience, again);
  let reusable = false;
  try {
    const conversed = yield* converse(connection.stream, method, outgoing, maxResponseSize, patience);
    reusable = conversed.reusable;
    if (reusable) pool.give(connection, conversed.answer.rawHead);
    return conversed.answer;
  } catch (error) {
    if (!(error instanceof Failure) || !error.beforeAnswer || !connection.reused) throw error;
    throw new StaleConnection(error.code, error.message);
  } finally {
    if (!reusable) pool.drop(connection);
  }
}

/** What is asked for next. */
function redirect(request: PreparedRequest, status: number, location: string): PreparedRequest {
  const { method, target: from } = request;
  const to = readLocation(location, from);
  const dropsBody =
    status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST';
  const drops = (name: string): boolean =>
    (dropsBody && BODY_FIELDS.has(name)) || (to.origin !== from.origin && ORIGIN_FIELDS.has(name));
  const headers: string[] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    if (!drops(request.headers[i]!.toLowerCase())) headers.push(request.headers[i]!, request.headers[i + 1]!);
  }
  return {
    ...request,
    target: to,
    headers,
    method: dropsBody ? 'GET' : method,
    body: dropsBody ? undefined : request.body,
  };
}

function readLocation(location: string, from: Target): Target {
  // Octets, which are UTF-8 where a server does not escape them.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  let to: URL;
  try {
    to = readUrl(text, from.href);
  } catch (error) {
    throw new Failure(
      FETCH_CODES.redirect,
      `it is redirected to where nothing is: ${(error as Error).message}`,
    );
  }
  if (to.username === '' && to.password === '') return targetOf(to);
  if (to.origin !== from.origin) {
    throw new Failure(
      FETCH_CODES.redirect,
      'it is redirected to another origin with a user name or a password',
    );
  }
  to.username = '';
  to.password = '';
  return targetOf(to);
}
