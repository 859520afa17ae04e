// A configuration file, loaded: its settings apart from its functions. Read by the process that answers the arbiter
// (configuration-main.ts), and by workers, for the hooks that run in them.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { nearest, SETTINGS } from '../config/index.ts';
import { ARBITER_HOOKS, type Configuration, WORKER_HOOKS } from '../protocol/index.ts';
import { describeLoadFailure } from './load-failure.ts';

/** It can't be used. The message is for people. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'ERR_SISKIN_CONFIGURATION';
}

export interface ConfigurationFile {
  readonly values: Readonly<Record<string, unknown>>;
  readonly app?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hooks: Configuration;
}

const HOOKS: readonly string[] = [...ARBITER_HOOKS, ...WORKER_HOOKS];

/** Imports the file. Throws {@link ConfigurationError}. */
export async function loadConfigurationFile(path: string): Promise<ConfigurationFile> {
  const file = resolve(path);
  let exported: unknown;
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    exported = defaultOf(module);
    if (typeof exported === 'function') exported = await (exported as () => unknown)();
  } catch (error) {
    const why = describeLoadFailure(error, file, process.cwd());
    throw new ConfigurationError(`${path} did not load\n${why}`, { cause: error });
  }
  if (!isRecord(exported)) {
    throw new ConfigurationError(
      `${path} exports no configuration\n  expected an object as its default export: export default defineConfig({ workers: 2 })\n  what came: ${inspect(exported, { depth: 0 })}`,
    );
  }
  return split(path, exported);
}

/** CommonJS that was compiled from a module has its default export inside the one that Node sees. */
function defaultOf(module: unknown): unknown {
  const main = isRecord(module) ? module['default'] : undefined;
  return isRecord(main) && '__esModule' in main && 'default' in main ? main['default'] : main;
}

function split(path: string, exported: Readonly<Record<string, unknown>>): ConfigurationFile {
  const { app, env = {}, ...rest } = exported;
  const values: Record<string, unknown> = {};
  const hooks: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (HOOKS.includes(key)) hooks[key] = asFunction(path, key, value);
    else if (typeof value === 'function') throw unknownHook(path, key);
    else values[key] = value;
  }
  if (app !== undefined && typeof app !== 'string')
    throw new ConfigurationError(
      `${path}: app: ${inspect(app)}: it is not a text\n  expected a file, such as app.ts`,
    );
  return {
    values,
    ...(app !== undefined && { app }),
    env: asEnvironment(path, env),
    hooks: hooks as Configuration,
  };
}

function asFunction(path: string, key: string, value: unknown): unknown {
  if (typeof value === 'function') return value;
  throw new ConfigurationError(`${path}: ${key}: ${inspect(value)}: it is not a function`);
}

function unknownHook(path: string, key: string): ConfigurationError {
  const what = key in SETTINGS ? 'it is a setting, and no function' : 'there is no such hook';
  const meant = key in SETTINGS ? undefined : nearest(key, HOOKS);
  const expected = meant === undefined ? `one of ${HOOKS.join(', ')}` : `${meant}, perhaps`;
  return new ConfigurationError(
    `${path}: ${key}: ${what}\n  expected ${key in SETTINGS ? 'a value' : expected}`,
  );
}

function asEnvironment(path: string, env: unknown): Record<string, string> {
  const entries = isRecord(env) ? Object.entries(env) : undefined;
  const wrong = entries?.find(([, value]) => !['string', 'number', 'boolean'].includes(typeof value));
  if (entries === undefined || wrong !== undefined) {
    const place = wrong === undefined ? 'env' : `env.${wrong[0]}`;
    const came = inspect(wrong === undefined ? env : wrong[1], { depth: 0 });
    throw new ConfigurationError(
      `${path}: ${place}: ${came}: it is not a text\n  expected env: { NAME: 'value' }`,
    );
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
