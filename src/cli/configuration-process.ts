// The process that has loaded a configuration file, as this one sees it: it asks for what is in the file, and later for the
// hooks. Its other side: worker/configuration-main.ts.

import type { ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Hooks } from '../arbiter/index.ts';
import { ConfigError } from '../config/index.ts';
import {
  ARBITER_HOOKS,
  type ArbiterHook,
  type HookCall,
  type HookDone,
  type Loaded,
  type SpawnResult,
  spawnNode,
} from '../protocol/index.ts';

const MAIN = fileURLToPath(
  new URL(`../worker/configuration-main${extname(import.meta.url)}`, import.meta.url),
);

/** Milliseconds in which the file must have loaded. */
const LOAD_TIME = 30_000;
/** Milliseconds in which it must have ended when nobody needs it any more. */
const END_TIME = 10_000;

export interface ConfigurationPlace {
  /** Absolute. */
  readonly file: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

type LoadedFile = Extract<Loaded, { type: 'loaded' }>;

/** What `file` says, and its hooks. Rejects with `ConfigError`. */
export async function loadConfiguration(
  place: ConfigurationPlace,
): Promise<{ loaded: LoadedFile; hooks: Hooks }> {
  const hooks = new HookProcess(place);
  try {
    return { loaded: await hooks.loaded, hooks };
  } catch (error) {
    hooks.close();
    throw error;
  }
}

/** The hooks where there is no file. */
export const NO_HOOKS: Hooks = {
  has: () => false,
  call: () => Promise.resolve(undefined),
  close: () => {},
};

class HookProcess implements Hooks {
  readonly loaded: Promise<LoadedFile>;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, PromiseWithResolvers<SpawnResult | undefined>>();
  #names: ReadonlySet<string> = new Set();
  #next = 0;
  #end: string | undefined;

  constructor({ file, cwd, env }: ConfigurationPlace) {
    const loaded = Promise.withResolvers<LoadedFile>();
    this.loaded = loaded.promise;
    this.#child = spawnNode([MAIN, file], {
      cwd,
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const late = setTimeout(() => {
      loaded.reject(new ConfigError([], `${file} did not load within ${LOAD_TIME / 1000} s`));
      this.#child.kill('SIGKILL');
    }, LOAD_TIME);
    void this.loaded.catch(() => {}).then(() => clearTimeout(late));
    this.#child.on('message', (message: Loaded | HookDone) => {
      if (message.type === 'loaded') {
        this.#names = new Set(message.hooks);
        // Nothing of it is needed any more, and it is 40 MB.
        if (!ARBITER_HOOKS.some((name) => this.#names.has(name))) this.close();
        loaded.resolve(message);
      } else if (message.type === 'failed') loaded.reject(new ConfigError([], message.message));
      else this.#settle(message);
    });
    const onEnd = (how: string): void => {
      this.#end = how;
      loaded.reject(new ConfigError([], `${file}: the process that loads it ${how}`));
      for (const call of this.#calls.values()) call.reject(new Error(`the process of the hooks ${how}`));
      this.#calls.clear();
    };
    this.#child.on('error', (error) => onEnd(`could not be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => onEnd(`has ended (${signal ?? `status ${code}`})`));
    // It keeps nobody alive: when the arbiter ends, so does it.
    this.#child.unref();
  }

  has(name: ArbiterHook): boolean {
    return this.#names.has(name);
  }

  call(name: ArbiterHook, info: unknown): Promise<SpawnResult | undefined> {
    if (this.#end !== undefined) return Promise.reject(new Error(`the process of the hooks ${this.#end}`));
    const call = Promise.withResolvers<SpawnResult | undefined>();
    const message: HookCall = { type: 'hook', id: this.#next++, name, info };
    this.#calls.set(message.id, call);
    this.#child.send(message);
    return call.promise;
  }

  #settle({ id, result, error }: HookDone): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  }

  close(): void {
    if (!this.#child.connected) return;
    this.#child.disconnect();
    // A hook that never ends does not notice.
    setTimeout(() => this.#child.kill('SIGKILL'), END_TIME).unref();
  }
}
