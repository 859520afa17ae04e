// The driver for `synckit`, whose functions post their arguments to a worker and block until it answers. In a coroutine they wait
// for a worker of their own: the same file, asked in the same way, but its answers come as events. The plain function's worker
// can't be shared: what it answers is read in order, and what was not expected is dropped.
//
// The functions are made by `createSyncFn`, so that is replaced by one that gives what it makes a twin.

import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { extname, isAbsolute } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { until } from '../../task/index.ts';
import { registerTwin } from '../twin.ts';
import { type Driver, DriverError } from './driver.ts';

type SyncFunction = (...args: unknown[]) => unknown;
type CreateSyncFn = (path: string | URL, options?: number | Options) => SyncFunction;

/** Of synckit's options. */
interface Options {
  readonly timeout?: number;
  readonly execArgv?: string[];
  readonly transferList?: unknown[];
  readonly tsRunner?: string;
  readonly globalShims?: unknown;
}

/** An answer of synckit's `runAsWorker`, or of its guard: the worker can't answer. */
interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly properties?: object;
  readonly workerFailure?: unknown;
  readonly stdio?: readonly { type: 'stdout' | 'stderr'; chunk: Uint8Array; encoding: BufferEncoding }[];
}

const WRAP = Symbol.for('siskin.green.synckit');
const wrapped = new WeakSet<object>();

export const synckit: Driver = {
  name: 'synckit',
  package: 'synckit',
  prepare({ log }) {
    const wrap = (create: CreateSyncFn): CreateSyncFn => createWithTwin(create, log);
    (globalThis as { [WRAP]?: typeof wrap })[WRAP] = wrap;
    // Nobody outside can replace what a module exports; it can itself, as a function's declaration is a variable.
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        if (!/\/synckit\/lib\/index\.js$/.test(url) || loaded.format !== 'module') return loaded;
        const source =
          typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source!);
        if (!/^export function createSyncFn\(/m.test(source)) return loaded;
        const end = '\ncreateSyncFn = globalThis[Symbol.for("siskin.green.synckit")](createSyncFn);\n';
        return { ...loaded, source: source + end };
      },
    });
  },
  install(exports, { log }) {
    const library = exports as { createSyncFn: CreateSyncFn };
    if (wrapped.has(library.createSyncFn)) return;
    try {
      library.createSyncFn = createWithTwin(library.createSyncFn, log);
    } catch (cause) {
      throw new DriverError(
        'the driver synckit knows its versions 0.11 and 0.12; this is another one, or it was loaded before',
        {
          cause,
        },
      );
    }
  },
};

function createWithTwin(create: CreateSyncFn, log: (message: string) => void): CreateSyncFn {
  const createSyncFn: CreateSyncFn = (path, options) => {
    const made = create(path, options);
    const file = typeof path === 'string' && !path.startsWith('file:') ? path : fileURLToPath(path);
    const given = typeof options === 'number' ? { timeout: options } : (options ?? {});
    const reason = whyPlain(file, given);
    if (reason !== undefined) {
      log(`synckit: the function of ${file} blocks: ${reason}`);
      return made;
    }
    const thread = new Thread(file, given);
    return registerTwin(made, function* (...args) {
      return yield* until(thread.ask(args));
    });
  };
  wrapped.add(createSyncFn);
  return createSyncFn;
}

/** Why its worker is not begun as synckit would. */
function whyPlain(file: string, { globalShims, tsRunner, transferList }: Options): string | undefined {
  if (globalShims !== undefined && globalShims !== false) return 'it asks for globalShims';
  if (transferList !== undefined) return 'it has a transferList';
  if (tsRunner !== undefined && tsRunner !== 'node') return `its TypeScript is run by ${tsRunner}`;
  // `worker.js` may stand for `worker.ts`.
  if (!isAbsolute(file) || extname(file) === '' || !existsSync(file)) return 'there is no file of that name';
  return undefined;
}

interface Question {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The worker that coroutines ask. It begins with the first question, and again after it has failed. */
class Thread {
  readonly #file: string;
  readonly #options: Options;
  readonly #questions = new Map<number, Question>();
  #lastId = 0;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;

  constructor(file: string, options: Options) {
    this.#file = file;
    this.#options = options;
  }

  ask(args: readonly unknown[]): Promise<unknown> {
    const timeout = this.#options.timeout ?? (Number(process.env['SYNCKIT_TIMEOUT']) || undefined);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const worker = (this.#worker ??= this.#begin());
      worker.postMessage({ id, args });
      let timer: NodeJS.Timeout | undefined;
      const settled = (settle: (value: unknown) => void) => (value: unknown) => {
        clearTimeout(timer);
        this.#questions.delete(id);
        if (this.#questions.size === 0) this.#keepAlive(false);
        settle(value);
      };
      const question = { resolve: settled(resolve), reject: settled(reject) };
      this.#questions.set(id, question);
      this.#keepAlive(true);
      if (timeout === undefined) return;
      timer = setTimeout(() => {
        this.#port?.postMessage({ id, cmd: 'abort' });
        question.reject(new Error('Internal error: Atomics.wait() failed: timed-out'));
      }, timeout);
    });
  }

  #begin(): Worker {
    const { port1, port2: workerPort } = new MessageChannel();
    // Where its answers are counted, for those who wait blocking: nobody does.
    const sharedBufferView = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const { SYNCKIT_EXEC_ARGV } = process.env;
    const execArgv = this.#options.execArgv ?? SYNCKIT_EXEC_ARGV?.split(',');
    const worker = new Worker(this.#file, {
      workerData: { sharedBufferView, workerPort },
      transferList: [workerPort],
      execArgv: execArgv ?? [],
    });
    const lose = (error: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const question of [...this.#questions.values()]) question.reject(error);
    };
    worker.on('error', lose);
    worker.on('exit', (code) => lose(new Error(`the worker ${this.#file} has ended with status ${code}`)));
    port1.on('message', (answer: Answer) => this.#answered(answer));
    this.#port = port1;
    return worker;
  }

  #answered(answer: Answer): void {
    const { id, result, error, properties, workerFailure, stdio = [] } = answer;
    for (const { type, chunk, encoding } of stdio) process[type].write(chunk, encoding);
    const thrown = typeof error === 'object' && error !== null ? Object.assign(error, properties) : error;
    if (workerFailure !== undefined) {
      for (const question of [...this.#questions.values()]) question.reject(thrown);
      return;
    }
    const question = this.#questions.get(id!);
    // `undefined` may be thrown too.
    if ('error' in answer) question?.reject(thrown);
    else question?.resolve(result);
  }

  #keepAlive(yes: boolean): void {
    const method = yes ? 'ref' : 'unref';
    this.#worker?.[method]();
    this.#port?.[method]();
  }
}
