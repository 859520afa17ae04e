// The access log: a line for each request, in the combined format that log analysers read (with the duration behind),
// or as JSON. Lines of one turn of the event loop are written together: at full speed, writing them one by one costs
// more than answering. Made by `serve-app.ts`, fed by the server.

import type { AccessRecord } from '../server/index.ts';
import { hexEscape } from './human.ts';
import type { LogSink } from './logger.ts';

export interface AccessLog {
  record(record: AccessRecord): void;
  /** Writes what waits. */
  flush(): void;
}

/** An access log that writes to `sink`; `defer` runs a function after the current turn. */
export function createAccessLog(
  json: boolean,
  sink: LogSink,
  defer: (flush: () => void) => unknown = setImmediate,
): AccessLog {
  let waiting = '';
  const flush = (): void => {
    const text = waiting;
    waiting = '';
    if (text !== '') sink.write(text);
  };
  return {
    record(record) {
      if (waiting === '') defer(flush);
      waiting += json ? formatJson(record) : formatCombined(record);
    },
    flush,
  };
}

/**
 * One line, with its end. Quotes, backslashes and control characters from the client are escaped, so a request can't
 * forge a line or drive a terminal.
 *
 * @example 127.0.0.1 - - [23/Nov/2025:05:20:01 +0000] "GET / HTTP/1.1" 200 13 "-" "curl/8.5.0" 0.412ms
 */
export function formatCombined(record: AccessRecord): string {
  const target = escapeQuoted(record.target);
  // As nginx: what is no request line stands there as it came.
  const request =
    record.httpVersion === '-'
      ? target
      : `${escapeQuoted(record.method)} ${target} HTTP/${record.httpVersion}`;
  const who = record.remoteAddress === '' ? '-' : record.remoteAddress;
  const agent = `"${quotedOrDash(record.referer)}" "${quotedOrDash(record.userAgent)}"`;
  return `${who} - - [${formatDate(record.time)}] "${request}" ${record.status} ${record.bytes} ${agent} ${record.durationMs.toFixed(3)}ms\n`;
}

/** One line of JSON, with its end; the keys of `AccessRecord`, the time as ISO 8601. */
export function formatJson(record: AccessRecord): string {
  const time = new Date(record.time).toISOString();
  // To the microsecond, as the other format: the clock has no more.
  const durationMs = Math.round(record.durationMs * 1000) / 1000;
  const line = { level: 'info', ...record, time, durationMs, msg: 'request' };
  return `${JSON.stringify(line)}\n`;
}

function quotedOrDash(value: string | undefined): string {
  return value === undefined || value === '' ? '-' : escapeQuoted(value);
}

const UNSAFE = /["\\\x00-\x1f\x7f-\x9f]/;
const EVERY_UNSAFE = new RegExp(UNSAFE, 'g');

function escapeQuoted(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replace(EVERY_UNSAFE, (character) =>
    character === '"' || character === '\\' ? `\\${character}` : hexEscape(character),
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let cachedSecond = Number.NaN;
let cachedDate = '';

/** `23/Nov/2025:05:20:01 +0000`, in UTC; made once a second. */
function formatDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second === cachedSecond) return cachedDate;
  const [date, clock] = new Date(second * 1000).toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  cachedSecond = second;
  cachedDate = `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
  return cachedDate;
}
