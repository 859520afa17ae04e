// Durations and sizes as people write them: `30s`, `1.5m`, `8k`, `100MB`. Read by `schema.ts`, written by `--help` and
// by the settings page. A duration must say its unit: elsewhere a bare 75 is seconds (Gunicorn, nginx) or
// milliseconds (Node), and a guess would be wrong by a thousand for half the readers.

import { BadValue } from './errors.ts';

const DURATION_UNITS: ReadonlyArray<readonly [string, number]> = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const SIZE_UNITS: ReadonlyArray<readonly [string, number]> = [
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['k', 1024],
];

/**
 * Milliseconds. Throws {@link BadValue}.
 *
 * @example parseDuration('1.5s') // 1500
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) throw new BadValue('it is not a duration');
  const [, digits, unit] = match;
  const number = Number(digits);
  if (unit === undefined) {
    if (number === 0) return 0;
    throw new BadValue(`it has no unit: write ${digits}s or ${digits}ms`);
  }
  return Math.round(number * DURATION_UNITS.find(([name]) => name === unit)![1]);
}

/** The shortest exact notation: `30s`, `1500ms`, `2m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  const [name, size] = DURATION_UNITS.find(([, unit]) => milliseconds % unit === 0) ?? ['ms', 1];
  return `${milliseconds / size}${name}`;
}

/**
 * Bytes; k, M and G are powers of 1024, in either case, with or without a B. Throws {@link BadValue}.
 *
 * @example parseSize('100MB') // 104857600
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmg]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) throw new BadValue('it is not a size');
  const unit = match[2]!.toLowerCase();
  const bytes = Number(match[1]) * (SIZE_UNITS.find(([name]) => name.toLowerCase() === unit)?.[1] ?? 1);
  if (!Number.isInteger(bytes)) throw new BadValue('it is a fraction of a byte');
  return bytes;
}

/** The shortest exact notation: `8k`, `100M`, `1000`. */
export function formatSize(bytes: number): string {
  const unit = SIZE_UNITS.find(([, size]) => bytes >= size && bytes % size === 0);
  return unit === undefined ? `${bytes}` : `${bytes / unit[1]}${unit[0]}`;
}
