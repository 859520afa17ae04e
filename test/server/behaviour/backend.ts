// What the behaviour suite needs of a backend, and how its sentences become tests. A sentence that only simulated time
// can show says so (`needs: 'virtual time'`), and is a test on the backends that have it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fetcher, FetchHandler } from '../../../src/app/index.ts';
import type { Settings } from '../../../src/config/index.ts';
import type { AccessRecord, Logger, Server } from '../../../src/server/index.ts';
import type { RawClient } from './client.ts';
import { FETCH_ONLY } from './fetch-only.ts';

export type Capability =
  /** `Site.sleep`: time passes when a test says so, and costs none. */
  | 'virtual time'
  /** A reset is heard behind the client's FIN, too, before anything is sent: Node's own sockets don't. */
  | 'late resets'
  /** A client may come from any address. */
  | 'any peer'
  /** Apps are called as fetch handlers: see fetch-only.ts. */
  | 'fetch';

export interface Backend {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** What the Connection field of an answer says where the connection stays. */
  readonly staying?: 'keep-alive';
  /** Apps have memory of their own: what they were given is not the server's any more, and not counted. */
  readonly apart?: boolean;
  open(handler: FetchHandler | Fetcher, options: SiteOptions): Promise<Site>;
}

export interface SiteOptions {
  readonly settings?: Partial<Settings>;
  /** Listen on a unix socket. */
  readonly unix?: boolean;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A server that serves one test. */
export interface Site {
  readonly log: readonly LogLine[];
  readonly records: readonly AccessRecord[];
  /** Where it listens: a port of 127.0.0.1, or a path. */
  readonly address: string;
  /** Another connection; `from` is the address it comes from, with 'any peer'. */
  connect(from?: string): Promise<RawClient>;
  /** As `connect`, of a connection that may never be accepted. */
  dial(from?: string): RawClient;
  statistics(): ReturnType<Server['statistics']>;
  /** Lets this much virtual time pass. */
  sleep(milliseconds: number): Promise<void>;
  /** Lets everything happen that needs no time, or little. */
  settle(): Promise<void>;
  /** Asks the server to stop; resolves when it has. */
  stop(): Promise<void>;
  /** Ends the test's clients, stops the server, and checks that nothing of it is left. */
  dispose(): Promise<void>;
}

export type Open = (handler: FetchHandler | Fetcher, options?: SiteOptions) => Promise<Site>;

export interface Sentence {
  readonly needs?: Capability;
}

/** Registers a sentence as a test of `backend`, where that has what it needs. */
export function behaves(
  backend: Backend,
  sentence: string,
  check: (open: Open) => Promise<void>,
  { needs }: Sentence = {},
): void {
  if (needs !== undefined && !backend.capabilities.has(needs)) return;
  if (sentence in FETCH_ONLY && !backend.capabilities.has('fetch')) return;
  test(sentence, { timeout: 20_000 }, async () => {
    const sites: Site[] = [];
    const open: Open = async (handler, options = {}) => {
      const site = await backend.open(handler, options);
      sites.push(site);
      return site;
    };
    try {
      await check(open);
    } catch (error) {
      // What the failure has left open says less than the failure.
      for (const site of sites) void site.dispose().catch(() => {});
      throw error;
    }
    for (const site of sites) await site.dispose();
  });
}

/** Where a server's log lines go in a test. */
export function collectingLogger(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What a stopped server has left: nothing. */
export function assertEmpty(statistics: ReturnType<Server['statistics']>): void {
  const { connections, inFlight, buffered } = statistics;
  assert.deepEqual({ connections, inFlight, buffered }, { connections: 0, inFlight: 0, buffered: 0 });
}

/** The only line of that level; fails where there is none, or more. */
export function onlyLine(site: Site, level: LogLine['level']): LogLine {
  const lines = site.log.filter((line) => line.level === level);
  assert.equal(lines.length, 1, `lines of level ${level}: ${JSON.stringify(site.log)}`);
  return lines[0]!;
}

/** `GET path`, with fields to add. */
export function get(path = '/', ...fields: readonly string[]): string {
  return request('GET', path, fields);
}

export function request(method: string, path: string, fields: readonly string[] = [], body = ''): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: example.org', ...fields].join('\r\n')}\r\n\r\n${body}`;
}

/** A POST whose body's length is declared. */
export function post(path: string, body: string, ...fields: readonly string[]): string {
  return request('POST', path, [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`, ...fields], body);
}
