// Everything that a start or a reload reads: flags, the environment and files of it, the configuration file, the directory.
// Each time from the beginning, so that nothing of an earlier reading stays.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseEnv } from 'node:util';
import type { Plan } from '../arbiter/index.ts';
import {
  ConfigError,
  nearest,
  type ResolvedSettings,
  resolveSettings,
  type Settings,
} from '../config/index.ts';
import { type Identity, startDirectory, withoutOurs } from '../protocol/index.ts';
import { loadConfiguration, NO_HOOKS } from './configuration-process.ts';

/** What the command line says. */
export interface CommandLine {
  /** `app.ts:name`, unless the configuration says it. */
  readonly specifier: string | undefined;
  readonly flags: Readonly<Record<string, unknown>>;
  /** The app's own arguments. */
  readonly rest: readonly string[];
  /** `siskin dev`. */
  readonly development?: boolean;
}

/** In development old workers end at once. */
const DEVELOPMENT: Partial<Settings> = { gracefulTimeout: 1000, keepAliveGrace: 0 };

const CONFIG_FILES = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((extension) => `siskin.config.${extension}`);

/** Reads it all. Rejects with `ConfigError`; sees to it that nothing is left behind then. */
export async function readPlan(command: CommandLine): Promise<Plan> {
  const { flags, development = false } = command;
  const start = startDirectory();
  // These say where the rest is found.
  const early = await resolveSettings({ flags, env: process.env, only: ['config', 'envFile', 'chdir'] });
  const { file: path, ...found } = placeOf(early);
  let { cwd } = found;
  let fromFiles = readEnvFiles(early.settings.envFile, start);
  const place = { file: path ?? '', cwd, env: { ...fromFiles, ...process.env, PWD: cwd } };
  const { loaded, hooks } =
    path === undefined ? { loaded: undefined, hooks: NO_HOOKS } : await loadConfiguration(place);
  try {
    const file = loaded && { name: relative(cwd, path!) || path!, values: loaded.values };
    if (file !== undefined) {
      const said = await resolveSettings({ flags, env: process.env, file, only: ['envFile', 'chdir'] });
      if (said.origins.chdir.kind === 'file') cwd = directoryOf(said, cwd);
      if (said.origins.envFile.kind === 'file') fromFiles = readEnvFiles(said.settings.envFile, cwd);
    }
    const watched = [
      // Each of them may come to be there.
      ...(early.settings.config === '' ? usualConfigFiles(found.cwd) : [path!]),
      ...resolvedFiles(early.settings.envFile, start),
    ];
    const env = { ...loaded?.env, ...fromFiles, ...process.env, PWD: cwd };
    const resolved = await resolveSettings({
      flags,
      env,
      ...(file && { file }),
      ...(development && { defaults: DEVELOPMENT }),
    });
    const identity = await identityFor(resolved);
    const specifier = command.specifier ?? loaded?.app;
    if (specifier === undefined)
      throw new ConfigError([], missingApp(path === undefined ? undefined : file!.name));
    return {
      boot: {
        specifier,
        rest: command.rest,
        resolved,
        ...(development && { development }),
        ...(identity !== undefined && { identity }),
        ...(path !== undefined && loaded!.hooks.length > 0 && { configuration: path }),
      },
      cwd,
      env: withoutOurs({ ...(development && { NODE_ENV: 'development' }), ...env }),
      hooks,
      files: development ? watched : [],
    };
  } catch (error) {
    hooks.close();
    throw error;
  }
}

/** Asked for rarely, and of the system. */
async function identityFor(resolved: ResolvedSettings): Promise<Identity | undefined> {
  if (resolved.settings.user === '' && resolved.settings.group === '') return undefined;
  const { identityOf } = await import('../arbiter/index.ts');
  return identityOf(resolved);
}

/** What is wrong where no app is named; as commander says it. */
function missingApp(file: string | undefined): string {
  const place = file === undefined ? '' : `, and ${file} has no app`;
  return `missing required argument 'APP'${place}\n  Name the file that exports your app: siskin serve app.ts`;
}

/** The directory that everything runs in, and the configuration file, if there is one. Throws `ConfigError`. */
export function placeOf(early: ResolvedSettings): { cwd: string; file: string | undefined } {
  const start = startDirectory();
  const cwd = directoryOf(early, start);
  return { cwd, file: configFile(early.settings.config, start, cwd) };
}

function directoryOf({ settings, origins }: ResolvedSettings, base: string): string {
  if (settings.chdir === '') return base;
  const directory = resolve(base, settings.chdir);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return directory;
  const reason = existsSync(directory) ? 'it is not a directory' : 'there is no such directory';
  throw new ConfigError([
    {
      setting: 'chdir',
      origin: origins.chdir,
      got: settings.chdir,
      reason,
      expected: 'a directory that exists',
    },
  ]);
}

/** Where it is looked for, where nobody says what it is called. */
function usualConfigFiles(cwd: string): string[] {
  return CONFIG_FILES.map((name) => join(cwd, name));
}

function configFile(given: Settings['config'], start: string, cwd: string): string | undefined {
  if (given === '') return usualConfigFiles(cwd).find((file) => existsSync(file));
  const file = resolve(start, given);
  if (existsSync(file)) return file;
  const meant = nearest(
    given,
    CONFIG_FILES.filter((name) => existsSync(join(start, name))),
  );
  throw new ConfigError(
    [],
    `there is no configuration file ${given}${meant === undefined ? '' : `\n  There is ${meant}`}`,
  );
}

function resolvedFiles(files: readonly string[], base: string): string[] {
  return files.map((file) => resolve(base, file));
}

/** Lines `NAME=value`, as Node's own `--env-file` reads them. */
function readEnvFiles(files: readonly string[], base: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const file of files) {
    try {
      Object.assign(all, parseEnv(readFileSync(resolve(base, file), 'utf8')));
    } catch (error) {
      throw new ConfigError([], `the environment file ${file} can't be read: ${(error as Error).message}`);
    }
  }
  return all;
}
