// From what the person gave (flags, environment, options of a program) to checked settings. Called once at start, by
// the command line or by a program that embeds the server. A flag or option wins over the environment, which wins
// over the configuration file, which wins over the default. Every mistake is reported at once.

import { lookup as dnsLookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { type BindAddress, formatBind, type NamedHost } from './bind.ts';
import { ConfigError, type Origin, type Problem } from './errors.ts';
import { expectation } from './kinds.ts';
import { nearest } from './nearest.ts';
import type { RawValue } from './schema.ts';
import { flagOf, variableOf } from './setting.ts';
import { SECTIONS, SETTINGS, type SettingKey, type Settings } from './table.ts';

export interface SettingSources {
  /** Values of flags by the setting's key, as the command line gave them. */
  readonly flags?: Readonly<Record<string, RawValue>>;
  /** Environment variables. An empty one counts as not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of a program, by key: texts as flags take them, or values of the right type. */
  readonly options?: Readonly<Record<string, RawValue>>;
  /** What a configuration file says, in the same way. */
  readonly file?: { readonly name: string; readonly values: Readonly<Record<string, RawValue>> };
  /** Other defaults than the table's. */
  readonly defaults?: Partial<Settings>;
  /** Those that are wanted now: what is wrong with others is said later. All by default. */
  readonly only?: readonly SettingKey[];
  /** The numeric address of a host name; DNS by default. */
  readonly lookup?: (host: string) => Promise<string>;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  /** Where each value came from. */
  readonly origins: Readonly<Record<SettingKey, Origin>>;
  /** Things that look like mistakes, for the log. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks all settings. Throws {@link ConfigError}, with every problem.
 *
 * @example
 * const { settings } = await resolveSettings({ flags: { keepAliveTimeout: '60s' }, env: process.env });
 * settings.keepAliveTimeout // 60000
 */
export async function resolveSettings(sources: SettingSources): Promise<ResolvedSettings> {
  const { readValue } = await import('./schema.ts');
  const { only } = sources;
  const problems: Problem[] = only === undefined ? unknownNames(sources) : [];
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};

  for (const [key, row] of Object.entries(SETTINGS)) {
    const given = findGiven(key, sources);
    origins[key] = given?.origin ?? { kind: 'default', name: key };
    values[key] = sources.defaults?.[key as SettingKey] ?? row.default;
    if (given === undefined || only?.includes(key as SettingKey) === false) continue;
    const reading = readValue(row.kind, given.raw);
    if (reading.ok) values[key] = reading.value;
    else problems.push(problemWith(key, given.origin, reading));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const lookup = sources.lookup ?? numericAddress;
  values['bind'] = await resolveHosts(values['bind'] as readonly Bind[], origins['bind']!, lookup);
  return {
    settings: values as Settings,
    origins: origins as Record<SettingKey, Origin>,
    warnings: [
      ...unknownVariables(sources.env ?? {}),
      ...idleSettings(values, origins as Record<string, Origin>),
    ],
  };
}

type Bind = BindAddress | NamedHost;

/** Somebody has said where to listen, and has meant us: `PORT` is a program's own to read. */
export function isBindGiven({ origins }: ResolvedSettings): boolean {
  return origins.bind.kind !== 'default' && origins.bind.name !== 'PORT';
}

function findGiven(key: string, sources: SettingSources): { raw: RawValue; origin: Origin } | undefined {
  const flag = sources.flags?.[key];
  if (flag !== undefined) return { raw: flag, origin: { kind: 'flag', name: flagOf(key) } };
  const option = sources.options?.[key];
  if (option !== undefined) return { raw: option, origin: { kind: 'option', name: key } };
  const name = variableOf(key);
  const variable = sources.env?.[name];
  if (variable !== undefined && variable !== '')
    return { raw: variable, origin: { kind: 'environment', name } };
  const platform = findOfPlatform(key, sources.env ?? {});
  if (platform !== undefined) return platform;
  const { file } = sources;
  const said = file?.values[key];
  return file === undefined || said === undefined
    ? undefined
    : { raw: said, origin: { kind: 'file', name: key, file: file.name } };
}

/** What hosting platforms say in variables of their own. */
function findOfPlatform(
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): { raw: RawValue; origin: Origin } | undefined {
  if (key === 'workers') return findConcurrency(env['WEB_CONCURRENCY']);
  return key === 'bind' ? (findPassedSockets(env) ?? findPort(env['PORT'])) : undefined;
}

/** Sockets that a service manager has opened and passes on, from descriptor 3: sd_listen_fds(3). */
function findPassedSockets(
  env: Readonly<Record<string, string | undefined>>,
): { raw: RawValue; origin: Origin } | undefined {
  const count = Number(env['LISTEN_FDS']);
  if (!(count > 0) || Number(env['LISTEN_PID']) !== process.pid) return undefined;
  const raw = Array.from({ length: count }, (_, i) => `fd://${FIRST_PASSED + i}`);
  return { raw, origin: { kind: 'environment', name: 'LISTEN_FDS' } };
}

/** `PORT` is how hosting platforms say where they will send requests from outside: so on every interface. */
function findPort(port: string | undefined): { raw: RawValue; origin: Origin } | undefined {
  if (port === undefined || port === '') return undefined;
  return { raw: `0.0.0.0:${port}`, origin: { kind: 'environment', name: 'PORT' } };
}

/** What hosting platforms set to as many processes as they have sized the machine for. */
function findConcurrency(count: string | undefined): { raw: RawValue; origin: Origin } | undefined {
  if (count === undefined || count === '') return undefined;
  return { raw: count, origin: { kind: 'environment', name: 'WEB_CONCURRENCY' } };
}

function problemWith(key: string, origin: Origin, reading: { got: string; reason: string }): Problem {
  const { got, reason } = reading;
  if (origin.name === 'PORT') {
    return { setting: key, origin, got: got.slice('0.0.0.0:'.length), reason, expected: 'a port number' };
  }
  return { setting: key, origin, got, reason, expected: expectation(SETTINGS[key as SettingKey].kind) };
}

const FIRST_PASSED = 3;

const OF_COMMAND: ReadonlySet<string> = new Set(
  SECTIONS.filter(({ ofCommand }) => ofCommand === true).flatMap(({ settings }) => Object.keys(settings)),
);

function unknownNames({ options = {}, file }: SettingSources): Problem[] {
  const inFile = file && unknownKeys(file.values, { kind: 'file', file: file.name }, new Set());
  return [...unknownKeys(options, { kind: 'option' }, OF_COMMAND), ...(inFile ?? [])];
}

function unknownKeys(
  values: Readonly<Record<string, unknown>>,
  place: Omit<Origin, 'name'>,
  ofOthers: ReadonlySet<string>,
): Problem[] {
  return Object.keys(values)
    .filter((key) => !(key in SETTINGS) || ofOthers.has(key))
    .map((key) => ({
      setting: key,
      origin: { ...place, name: key },
      got: String(values[key]),
      reason: key in SETTINGS ? 'it is a setting of siskin serve' : 'there is no such setting',
      expected:
        key in SETTINGS
          ? 'a setting of the server itself; for workers: siskin serve'
          : suggestion(nearest(key, Object.keys(SETTINGS))),
    }));
}

function suggestion(name: string | undefined): string {
  return name === undefined ? 'one of the settings that siskin serve --help lists' : `${name}, perhaps`;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(Object.keys(SETTINGS).map(variableOf));
  return Object.keys(env)
    .filter((name) => name.startsWith('SISKIN_') && !known.has(name))
    .map((name) => {
      const meant = nearest(name, known);
      return `${name} in the environment is not a setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
}

/** What is set for threads that there will be none of. */
function idleSettings(
  values: Readonly<Record<string, unknown>>,
  origins: Readonly<Record<string, Origin>>,
): string[] {
  if (values['workerClass'] === 'threads') return [];
  return ['threads', 'threadMemory']
    .filter((key) => origins[key]!.kind !== 'default')
    .map((key) => `${origins[key]!.name} has no effect without --worker-class threads`);
}

async function resolveHosts(
  given: readonly Bind[],
  origin: Origin,
  lookup: (host: string) => Promise<string>,
): Promise<readonly BindAddress[]> {
  return Promise.all(
    given.map(async (bind): Promise<BindAddress> => {
      if (bind.family !== 'name') return bind;
      try {
        const host = await lookup(bind.host);
        return { family: isIPv6(host) ? 'inet6' : 'inet', host, port: bind.port };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? String(error);
        const reason = `the host name ${bind.host} has no address (${code})`;
        const expected = "an address of this machine's, such as 127.0.0.1, or 0.0.0.0 for all";
        throw new ConfigError([{ setting: 'bind', origin, got: formatBind(bind), reason, expected }]);
      }
    }),
  );
}

/** IPv4 first: `localhost` is 127.0.0.1, which every client tries, and machines without IPv6 have too. */
async function numericAddress(host: string): Promise<string> {
  return (await dnsLookup(host, { order: 'ipv4first' })).address;
}
