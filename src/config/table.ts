// The one table of settings: flags, environment variables, validation, `--help` and docs/settings.md are made from it.
// Its rows are in `sections/`. It is plain data, and so are the values: a parent hands them to a worker as JSON.

import type { Kind, ValueOf } from './kinds.ts';
import { app } from './sections/app.ts';
import { limits } from './sections/limits.ts';
import { logging } from './sections/logging.ts';
import { network } from './sections/network.ts';
import { process } from './sections/process.ts';
import { proxy } from './sections/proxy.ts';
import { timeouts } from './sections/timeouts.ts';
import { workers } from './sections/workers.ts';
import type { Section, Setting } from './setting.ts';

/** The sections, in the order of `--help`. */
export const SECTIONS: readonly Section[] = [
  app,
  network,
  workers,
  timeouts,
  limits,
  proxy,
  logging,
  process,
];

const OF_COMMAND = { ...app.settings, ...workers.settings, ...logging.settings, ...process.settings };

const TABLE = {
  ...network.settings,
  ...timeouts.settings,
  ...limits.settings,
  ...proxy.settings,
  ...OF_COMMAND,
};

/** A setting's key, e.g. `keepAliveTimeout`. */
export type SettingKey = keyof typeof TABLE;

/** Settings as the server wants them: durations in milliseconds, sizes in bytes, addresses as objects. Plain JSON. */
export type Settings = {
  readonly [Key in SettingKey]: (typeof TABLE)[Key] extends Setting<infer K extends Kind>
    ? ValueOf<K>
    : never;
};

/** A setting of the server itself, which `serve()` takes too. */
export type ServerSettingKey = Exclude<SettingKey, keyof typeof OF_COMMAND>;

/** Every setting by its key. */
export const SETTINGS: Readonly<Record<SettingKey, Setting>> = TABLE;

/** Every setting's default. */
export function defaultSettings(): Settings {
  const entries = Object.entries(SETTINGS).map(([key, row]) => [key, row.default]);
  return Object.fromEntries(entries) as Settings;
}
