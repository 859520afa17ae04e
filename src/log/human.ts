// A log line for people: `14:02:11.408 warn  accepting is paused  connections=10000`, with the stack of an error
// below. Made from pino's JSON by `log.ts`. What came from a client can't move the cursor: control characters are
// shown, not sent.

import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};

/** Fields of every line; the rest is what the caller gave. */
const COMMON = new Set(['level', 'time', 'pid', 'msg', 'err']);

/** Turns a line of JSON into one for people, with its line end. `colors`: whether a terminal shows it. */
export function formatHuman(json: string, colors: boolean): string {
  const record = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const paint = (style: Style, text: string): string =>
    colors ? styleText(style, text, { stream: process.stdout, validateStream: true }) : text;
  const level = String(record['level']);
  const fields = Object.entries(record)
    .filter(([key]) => !COMMON.has(key))
    .map(([key, value]) => `${key}=${formatField(value)}`);
  const parts = [
    paint('dim', clock(String(record['time']))),
    paint(LEVEL_STYLES[level] ?? 'reset', level.padEnd(5)),
    escapeControls(String(record['msg'] ?? '')),
  ];
  if (fields.length > 0) parts.push(paint('dim', ` ${fields.join(' ')}`));
  return `${parts.join(' ')}\n${formatError(record['err'])}`;
}

function formatField(value: unknown): string {
  if (typeof value !== 'string') return escapeControls(JSON.stringify(value) ?? 'undefined');
  return /^[^\s"=\\]+$/.test(value) ? escapeControls(value) : escapeControls(JSON.stringify(value));
}

function formatError(error: unknown): string {
  if (typeof error !== 'object' || error === null)
    return error === undefined ? '' : `  ${escapeControls(String(error))}\n`;
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  const text = typeof stack === 'string' ? stack : String(message ?? JSON.stringify(error));
  const lines = text.split('\n').map((line) => `  ${escapeControls(line)}\n`);
  const cause =
    'cause' in error && error.cause !== undefined ? `  caused by\n${formatError(error.cause)}` : '';
  return lines.join('') + cause;
}

/** Local time of day: a person compares it with a watch. */
function clock(iso: string): string {
  const time = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** C0, DEL and C1 as `\x1b`: a terminal acts on them. */
export function escapeControls(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, hexEscape);
}

/** `\x1b` for an escape character. */
export function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
