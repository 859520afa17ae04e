// One row of the settings table. Flag and environment variable follow from the key, so that knowing one name is
// knowing all three: keepAliveTimeout, --keep-alive-timeout, SISKIN_KEEP_ALIVE_TIMEOUT.

import type { Kind, ValueOf } from './kinds.ts';

/** A setting, as the section files (`sections/*.ts`) write it. */
export interface Setting<K extends Kind = Kind> {
  readonly kind: K;
  readonly default: ValueOf<K>;
  /** One sentence for `--help`: what it does. No full stop. */
  readonly description: string;
  /** Why this default. For the settings page. */
  readonly reason: string;
  /** A one-letter flag, e.g. `-b`. */
  readonly short?: string;
}

/** A group of settings with a heading of its own in `--help` and on the settings page. */
export interface Section<Rows extends Readonly<Record<string, Setting>> = Readonly<Record<string, Setting>>> {
  readonly title: string;
  /** Of the command `siskin serve` alone: a program that calls `serve()` has its own process. */
  readonly ofCommand?: boolean;
  readonly settings: Rows;
}

/** Gives a row its type. */
export function setting<const K extends Kind>(row: Setting<K>): Setting<K> {
  return row;
}

/** `keepAliveTimeout` → `--keep-alive-timeout` */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `keepAliveTimeout` → `SISKIN_KEEP_ALIVE_TIMEOUT` */
export function variableOf(key: string): string {
  return `SISKIN_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
