// `fetchSync` over real sockets, each request made three times: plain, green, and with Node's `fetch` where that is what it
// follows. The same answers, and the same errors but for their stacks.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { FetchError, type FetchSyncOptions, fetchSync, type SyncResponse } from '../../src/blocking/index.ts';
import { Pending, start } from '../../src/green/coroutine.ts';
import { twinOf } from '../../src/green/twin.ts';

const thread = new Worker(new URL('./real-server.ts', import.meta.url));
const [ports] = (await once(thread, 'message')) as [Record<'main' | 'other' | 'raw' | 'closed', number>];
after(() => void thread.terminate());

const MAIN = `http://127.0.0.1:${ports.main}`;
const OTHER = `http://127.0.0.1:${ports.other}`;
const RAW = `http://127.0.0.1:${ports.raw}`;
const CLOSED = `http://127.0.0.1:${ports.closed}`;

interface Seen {
  readonly status?: number;
  readonly statusText?: string;
  readonly ok?: boolean;
  readonly redirected?: boolean;
  readonly url?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly error?: string;
  readonly code?: string;
  readonly message?: string;
}

interface Case {
  readonly name: string;
  readonly url: string | URL;
  readonly options?: FetchSyncOptions;
  /** What is expected beside that all agree. */
  readonly gives?: Seen;
  /** It is not as with `fetch`, by intent. */
  readonly unlikeFetch?: true;
}

const post = { method: 'POST', body: 'x=1' } as const;

const ANSWERS: readonly Case[] = [
  { name: 'a small answer', url: `${MAIN}/json`, gives: { status: 200, ok: true, redirected: false } },
  {
    name: 'a URL object with a fragment',
    url: new URL(`${MAIN}/text?q#part`),
    gives: { url: `${MAIN}/text?q` },
  },
  { name: 'text with a byte order mark', url: `${MAIN}/bom`, gives: { body: 'with a mark' } },
  { name: 'an empty answer', url: `${MAIN}/empty`, gives: { body: '' } },
  { name: 'a large answer', url: `${MAIN}/large` },
  { name: 'no limit', url: `${MAIN}/gzip-large`, options: { maxResponseSize: Number.POSITIVE_INFINITY } },
  { name: 'an answer in chunks', url: `${MAIN}/chunks`, gives: { body: 'one two three' } },
  {
    name: 'an answer until the connection ends',
    url: `${RAW}/until-close`,
    gives: { body: 'all that there is' },
  },
  { name: 'an answer of HTTP/1.0', url: `${RAW}/old`, gives: { body: 'old' } },
  { name: 'an interim answer', url: `${RAW}/early`, gives: { status: 200, body: 'ok' } },
  { name: 'a server that closes', url: `${MAIN}/close`, gives: { body: 'bye' } },
  {
    name: 'fields that are repeated, and a phrase',
    url: `${MAIN}/fields`,
    gives: { statusText: 'Quite all right' },
  },
  { name: 'HEAD', url: `${MAIN}/text`, options: { method: 'head' }, gives: { status: 200, body: '' } },
  { name: 'a status without body', url: `${MAIN}/status/204`, gives: { status: 204, body: '' } },
  {
    name: 'a status that is no success',
    url: `${MAIN}/status/503`,
    gives: { status: 503, ok: false, body: 'body' },
  },
  { name: '304', url: `${MAIN}/status/304`, gives: { status: 304, body: '' } },
  ...[
    'gzip',
    'x-gzip',
    'deflate',
    'raw-deflate',
    'br',
    'zstd',
    'twice',
    'unknown-coding',
    'cut-gzip',
    'gzip-large',
  ].map((page) => ({ name: `a body encoded as ${page}`, url: `${MAIN}/${page}` })),
  { name: 'HEAD of an encoded body', url: `${MAIN}/gzip`, options: { method: 'HEAD' }, gives: { body: '' } },
  { name: 'text that is sent', url: `${MAIN}/echo`, options: { method: 'POST', body: 'чиж' } },
  {
    name: 'bytes that are sent',
    url: `${MAIN}/echo`,
    options: { method: 'put', body: Uint8Array.of(1, 2, 255) },
  },
  {
    name: 'a view of bytes',
    url: `${MAIN}/echo`,
    options: { method: 'POST', body: new DataView(new ArrayBuffer(8), 2, 3) },
  },
  {
    name: 'a form',
    url: `${MAIN}/echo`,
    options: { method: 'POST', body: new URLSearchParams({ a: '1', b: 'é' }) },
  },
  { name: 'a large body', url: `${MAIN}/echo`, options: { method: 'POST', body: new Uint8Array(2_000_000) } },
  { name: 'a POST without a body', url: `${MAIN}/echo`, options: { method: 'POST' } },
  { name: 'another method', url: `${MAIN}/echo`, options: { method: 'REPORT' } },
  {
    name: 'headers of its own, and a type that it knows better',
    url: `${MAIN}/echo`,
    options: { ...post, headers: { Accept: 'text/html', 'X-A': ' 1 ', 'content-type': 'text/x-test' } },
  },
  {
    name: 'headers as a list',
    url: `${MAIN}/echo`,
    options: {
      headers: [
        ['x-a', '1'],
        ['X-A', '2'],
      ],
    },
  },
  { name: 'headers as Headers', url: `${MAIN}/echo`, options: { headers: new Headers({ 'x-a': '1' }) } },
  { name: 'a redirect', url: `${MAIN}/to-text#part`, gives: { redirected: true, url: `${MAIN}/text` } },
  { name: '20 redirects', url: `${MAIN}/hops?left=20`, gives: { body: 'arrived' } },
  { name: 'a POST that is redirected with 301', url: `${MAIN}/to-echo-301`, options: post },
  { name: 'a POST that is redirected with 303', url: `${MAIN}/to-echo-303`, options: post },
  { name: 'a HEAD that is redirected with 303', url: `${MAIN}/to-echo-303`, options: { method: 'HEAD' } },
  {
    name: 'a PUT that is redirected with 301',
    url: `${MAIN}/to-echo-301`,
    options: { ...post, method: 'PUT' },
  },
  { name: 'a POST that is redirected with 307', url: `${MAIN}/to-echo-307`, options: post },
  { name: 'a redirect without a location', url: `${MAIN}/to-nowhere`, gives: { status: 302, body: 'moved' } },
  { name: 'a location that is none', url: `${MAIN}/choices`, gives: { status: 300 } },
  {
    name: 'a redirect that is not followed',
    url: `${MAIN}/to-text`,
    options: { redirect: 'manual' },
    gives: { status: 302, redirected: false, body: 'moved' },
  },
  {
    name: 'a redirect to another origin, which gets no credentials',
    url: `${MAIN}/cross?to=${OTHER}`,
    options: { ...post, headers: { Authorization: 'Basic eDp5', Cookie: 'a=b', 'X-A': 'kept' } },
    gives: { url: `${OTHER}/echo` },
  },
  {
    name: 'a redirect to the same origin, which gets them',
    url: `${MAIN}/cross?to=${MAIN}`,
    options: { headers: { Authorization: 'Basic eDp5', Cookie: 'a=b' } },
  },
];

const FAILURES: readonly (Case & { readonly gives: { readonly code: string } })[] = [
  { name: 'a port at which nobody listens', url: `${CLOSED}/`, gives: { code: 'ECONNREFUSED' } },
  { name: 'a name that nobody has', url: `http://${'x'.repeat(64)}.invalid/`, gives: { code: 'ENOTFOUND' } },
  { name: 'an end without an answer', url: `${RAW}/nothing`, gives: { code: 'ECONNRESET' } },
  { name: 'an end within the head', url: `${RAW}/cut-head`, gives: { code: 'ERR_HTTP_HEAD_CUT_SHORT' } },
  { name: 'an end within the body', url: `${RAW}/cut-body`, gives: { code: 'ERR_HTTP_BODY_CUT_SHORT' } },
  { name: 'a length and chunks', url: `${RAW}/both`, gives: { code: 'ERR_HTTP_FRAMING_AMBIGUOUS' } },
  { name: 'two lengths', url: `${RAW}/lengths`, gives: { code: 'ERR_HTTP_CONTENT_LENGTH_REPEATED' } },
  { name: 'a folded line', url: `${RAW}/fold`, gives: { code: 'ERR_HTTP_OBS_FOLD' }, unlikeFetch: true },
  { name: 'another protocol', url: `${RAW}/ssh`, gives: { code: 'ERR_HTTP_STATUS_LINE' } },
  { name: 'no end of redirects', url: `${MAIN}/to-itself`, gives: { code: 'ERR_FETCH_TOO_MANY_REDIRECTS' } },
  { name: '21 redirects', url: `${MAIN}/hops?left=21`, gives: { code: 'ERR_FETCH_TOO_MANY_REDIRECTS' } },
  { name: 'a redirect to another protocol', url: `${MAIN}/to-ftp`, gives: { code: 'ERR_FETCH_REDIRECT' } },
  { name: 'a redirect to no URL', url: `${MAIN}/to-nonsense`, gives: { code: 'ERR_FETCH_REDIRECT' } },
  { name: 'a redirect with a password', url: `${MAIN}/to-password`, gives: { code: 'ERR_FETCH_REDIRECT' } },
  {
    name: 'a redirect that is an error',
    url: `${MAIN}/to-text`,
    options: { redirect: 'error' },
    gives: { code: 'ERR_FETCH_REDIRECT' },
  },
  { name: 'a body that is not gzip', url: `${MAIN}/no-gzip`, gives: { code: 'ERR_FETCH_CONTENT_ENCODING' } },
  { name: 'six codings', url: `${MAIN}/six-codings`, gives: { code: 'ERR_FETCH_CONTENT_ENCODING' } },
  {
    name: 'a body past the limit',
    url: `${MAIN}/large`,
    options: { maxResponseSize: 2_999_999 },
    gives: { code: 'ERR_HTTP_BODY_TOO_LARGE' },
    unlikeFetch: true,
  },
  {
    name: 'a body that is past the limit once it is decoded',
    url: `${MAIN}/gzip-large`,
    options: { maxResponseSize: 2_999_999 },
    gives: { code: 'ERR_HTTP_BODY_TOO_LARGE' },
    unlikeFetch: true,
  },
  {
    name: 'no answer in time',
    url: `${MAIN}/never`,
    options: { timeout: 30 },
    gives: { code: 'ERR_FETCH_TIMEOUT' },
    unlikeFetch: true,
  },
  {
    name: 'silence for too long',
    url: `${MAIN}/never`,
    options: { idleTimeout: 30 },
    gives: { code: 'ERR_FETCH_IDLE_TIMEOUT' },
    unlikeFetch: true,
  },
  {
    name: 'a header name that is none',
    url: MAIN,
    options: { headers: { 'a b': 'c' } },
    gives: { code: 'ERR_HTTP_TOKEN' },
  },
  {
    name: 'a header with a line end',
    url: MAIN,
    options: { headers: { a: 'b\r\nc: d' } },
    gives: { code: 'ERR_HTTP_FIELD_VALUE' },
  },
];

const MISTAKES: readonly (Case & { readonly gives: { readonly code: string } })[] = [
  { name: 'a path alone', url: '/json', gives: { code: 'ERR_INVALID_URL' } },
  { name: 'another scheme', url: 'file:///etc/passwd', gives: { code: 'ERR_INVALID_PROTOCOL' } },
  { name: 'a URL with a password', url: 'http://a:b@localhost/', gives: { code: 'ERR_INVALID_URL' } },
  { name: 'CONNECT', url: MAIN, options: { method: 'CONNECT' }, gives: { code: 'ERR_INVALID_ARG_VALUE' } },
  {
    name: 'a method that is no token',
    url: MAIN,
    options: { method: 'A B' },
    gives: { code: 'ERR_INVALID_ARG_VALUE' },
  },
  { name: 'GET with a body', url: MAIN, options: { body: 'x' }, gives: { code: 'ERR_INVALID_ARG_VALUE' } },
  {
    name: 'an object as a body',
    url: MAIN,
    options: { method: 'POST', body: { a: 1 } as never },
    gives: { code: 'ERR_INVALID_ARG_TYPE' },
  },
  {
    name: 'headers that are text',
    url: MAIN,
    options: { headers: 'a: b' as never },
    gives: { code: 'ERR_INVALID_ARG_TYPE' },
  },
  {
    name: 'options that are none',
    url: MAIN,
    options: null as never,
    gives: { code: 'ERR_INVALID_ARG_TYPE' },
  },
  {
    name: 'another kind of redirect',
    url: MAIN,
    options: { redirect: 'perhaps' as never },
    gives: { code: 'ERR_INVALID_ARG_VALUE' },
  },
  { name: 'a negative timeout', url: MAIN, options: { timeout: -1 }, gives: { code: 'ERR_OUT_OF_RANGE' } },
  {
    name: 'a timeout that is text',
    url: MAIN,
    options: { timeout: '5s' as never },
    gives: { code: 'ERR_INVALID_ARG_TYPE' },
  },
  {
    name: 'a limit that is no number',
    url: MAIN,
    options: { maxResponseSize: Number.NaN },
    gives: { code: 'ERR_OUT_OF_RANGE' },
  },
  {
    name: 'a signal that is none',
    url: MAIN,
    options: { signal: {} as never },
    gives: { code: 'ERR_INVALID_ARG_TYPE' },
  },
];

describe('plain, green and with fetch the answer is the same to', () => {
  for (const { name, url, options, gives } of ANSWERS) {
    it(name, async () => {
      const plain = seen(() => fetchSync(url, options));
      assert.deepEqual(await green(url, options), plain);
      assert.deepEqual(await withFetch(url, options), plain);
      for (const [key, value] of Object.entries(gives ?? {}))
        assert.equal(plain[key as keyof Seen], value, key);
    });
  }
});

describe('plain and green there is the same error for', () => {
  for (const { name, url, options, gives, unlikeFetch } of FAILURES) {
    it(name, async () => {
      const plain = seen(() => fetchSync(url, options));
      const { message: _, ...same } = await green(url, options);
      const { message, ...other } = plain;
      assert.deepEqual(same, other);
      assert.deepEqual([plain.error, plain.code], ['FetchError', gives.code]);
      assert.match(message!, /^GET http:.* failed: ./);
      if (unlikeFetch !== true) await assert.rejects(withFetch(url, options));
    });
  }

  for (const { name, url, options, gives } of MISTAKES) {
    it(`a mistake: ${name}`, async () => {
      const plain = seen(() => fetchSync(url, options));
      assert.deepEqual(await green(url, options), plain);
      assert.equal(plain.code, gives.code);
      assert.match(plain.error!, /^(TypeError|RangeError)$/);
    });
  }

  it('an aborted signal: its reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    assert.throws(() => fetchSync(MAIN, { signal }), reason);
    assert.deepEqual(
      await green(MAIN, { signal }),
      seen(() => fetchSync(MAIN, { signal })),
    );
  });
});

describe('an error of fetchSync', () => {
  for (const url of [`${CLOSED}/`, '/no-url']) {
    it(`has the stack of its caller: ${url === '/no-url' ? 'a mistake' : 'a failure'}`, () => {
      function caller(): void {
        fetchSync(url);
      }
      assert.throws(caller, ({ stack }: Error) => {
        assert.match(stack!.split('\n')[1]!, /at caller .*parity\.test\.ts/);
        return true;
      });
    });
  }

  it('has it in green code, too', async () => {
    const twin = twinOf(fetchSync)!;
    function* caller(): Generator<never, unknown, unknown> {
      return yield* twin.call(undefined, `${CLOSED}/`) as Generator<never, unknown, unknown>;
    }
    const error = (await (start(caller()) as Pending).promise.catch((error: unknown) => error)) as FetchError;
    assert.ok(error instanceof FetchError);
    assert.match(error.stack!, /at caller.*/);
    assert.doesNotMatch(error.stack!, /src\/blocking\/client/);
  });
});

async function green(url: string | URL, options?: FetchSyncOptions): Promise<Seen> {
  try {
    const started = start(twinOf(fetchSync)!.call(undefined, url, options));
    return describeAnswer((started instanceof Pending ? await started.promise : started) as SyncResponse);
  } catch (error) {
    return describeError(error as Error);
  }
}

function seen(call: () => SyncResponse): Seen {
  try {
    return describeAnswer(call());
  } catch (error) {
    return describeError(error as Error);
  }
}

async function withFetch(url: string | URL, options?: FetchSyncOptions): Promise<Seen> {
  const response = await fetch(url, options as RequestInit);
  const { status, statusText, ok, redirected, headers } = response;
  const body = await response.text();
  return { status, statusText, ok, redirected, url: response.url, headers: listed(headers), body };
}

function describeAnswer(answer: SyncResponse): Seen {
  const { status, statusText, ok, redirected, url } = answer;
  const body = answer.text();
  assert.equal(new TextDecoder().decode(answer.bytes()), body);
  if (url.endsWith('/json')) assert.deepEqual(answer.json(), { a: [1, 2, { b: null }] });
  return { status, statusText, ok, redirected, url, headers: listed(answer.headers), body };
}

function describeError(error: Error & { code?: string }): Seen {
  return { error: error.name, message: error.message, ...(error.code !== undefined && { code: error.code }) };
}

function listed(headers: Headers): [string, string][] {
  return [...headers];
}
