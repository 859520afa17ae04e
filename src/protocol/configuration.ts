// What a configuration file may say, `siskin.config.ts`: any setting, and what is to be done when something happens. And
// what the process that has loaded it (worker/configuration-main.ts) says to the arbiter, which runs no code of others.

import type { SettingKey, Settings } from '../config/index.ts';

/** One process, as hooks are told of it. */
export interface ProcessInfo {
  readonly pid: number;
}

/** A worker. */
export interface WorkerInfo extends ProcessInfo {
  /** Its place, from 0: the same for the worker that follows it there. */
  readonly slot: number;
}

/** A worker that has ended. */
export interface WorkerExit extends WorkerInfo {
  /** Its exit status; null where a signal has ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker that is about to be started. */
export interface SpawnInfo {
  readonly slot: number;
}

/** What a worker gets beside everything else. */
export interface SpawnResult {
  readonly env?: Readonly<Record<string, string>>;
}

type Awaitable<T> = T | Promise<T>;

/** Run beside the arbiter, in the process that has loaded the configuration. */
export interface ArbiterHooks {
  /** Before the first worker. Where it throws, the server does not start. */
  readonly onStarting?: (arbiter: ProcessInfo) => Awaitable<void>;
  /** The first worker serves. */
  readonly whenReady?: (arbiter: ProcessInfo) => Awaitable<void>;
  /** Before each worker. */
  readonly preSpawn?: (worker: SpawnInfo) => Awaitable<SpawnResult | void>;
  /** A worker has ended. */
  readonly childExit?: (worker: WorkerExit) => Awaitable<void>;
  /** Before the workers of a reload, in the configuration that has been read for it. */
  readonly onReload?: (arbiter: ProcessInfo) => Awaitable<void>;
  /** After the last worker. */
  readonly onExit?: (arbiter: ProcessInfo) => Awaitable<void>;
}

/** Run in each worker. */
export interface WorkerHooks {
  /** The app is loaded and is served. */
  readonly postWorkerInit?: (worker: WorkerInfo) => Awaitable<void>;
  /** Everything in flight is finished, and the worker is about to end. */
  readonly workerExit?: (worker: WorkerInfo) => Awaitable<void>;
}

/** Milliseconds that a hook is waited for. */
export const HOOK_TIME = 10_000;

export const ARBITER_HOOKS = [
  'onStarting',
  'whenReady',
  'preSpawn',
  'childExit',
  'onReload',
  'onExit',
] as const satisfies readonly (keyof ArbiterHooks)[];
export const WORKER_HOOKS = [
  'postWorkerInit',
  'workerExit',
] as const satisfies readonly (keyof WorkerHooks)[];

export type ArbiterHook = (typeof ARBITER_HOOKS)[number];
export type WorkerHook = (typeof WORKER_HOOKS)[number];

/** What a configuration file exports. Settings are values of their types, or the texts that flags take. */
export type Configuration = ArbiterHooks &
  WorkerHooks & {
    /** What is served where the command line names nothing: `app.ts`, `app.ts:admin`. */
    readonly app?: string;
    /** Environment variables for workers; those that are set already, or in an envFile, stay. */
    readonly env?: Readonly<Record<string, string>>;
  } & {
    readonly [Key in SettingKey]?: Settings[Key] | string | readonly string[];
  };

/** From the process that loads the file: what is in it, without its functions; or why it can't be had. */
export type Loaded =
  | {
      readonly type: 'loaded';
      readonly values: Readonly<Record<string, unknown>>;
      readonly app?: string;
      readonly env: Readonly<Record<string, string>>;
      readonly hooks: readonly string[];
    }
  | { readonly type: 'failed'; readonly message: string };

/** To it. */
export interface HookCall {
  readonly type: 'hook';
  readonly id: number;
  readonly name: ArbiterHook;
  readonly info: unknown;
}

/** The answer. */
export interface HookDone {
  readonly type: 'done';
  readonly id: number;
  readonly result?: SpawnResult;
  /** It has failed so. */
  readonly error?: string;
}
