// What `spawnSync` was asked for, as its twin needs it. The twin takes only what it is sure to do as `spawnSync` does: the
// rest, mistakes above all, is `undefined` here, and done in place.

import { constants } from 'node:os';

export interface ChildRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** For `spawn`: without what the twin does itself. */
  readonly options: Readonly<Record<string, unknown>>;
  /** One for each descriptor of the child. `pipe`: to be written (0) or collected (the others). */
  readonly stdio: readonly unknown[];
  /** For the child's stdin, copied. */
  readonly input: Uint8Array | undefined;
  readonly encoding: BufferEncoding | undefined;
  /** Bytes that all pipes together may bring; 0: no limit. */
  readonly maxBuffer: number;
  /** Milliseconds; 0: no limit. */
  readonly timeout: number;
  readonly killSignal: NodeJS.Signals | number;
}

type Options = Readonly<Record<string, unknown>>;

/** Node's own default, in bytes. */
const MAX_BUFFER = 1024 * 1024;
const SHORTHANDS: readonly unknown[] = ['pipe', 'ignore', 'inherit'];
const signals: Readonly<Record<string, number>> = constants.signals;

/** Takes what `spawnSync` takes. */
export function childRequest(file: unknown, args: unknown, options: unknown): ChildRequest | undefined {
  if (Array.isArray(args)) return requestOf(file, args, options);
  if (args === undefined || args === null) return requestOf(file, [], options);
  return requestOf(file, [], args);
}

function requestOf(file: unknown, args: readonly unknown[], given: unknown): ChildRequest | undefined {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given)))
    return undefined;
  const options: Options = { ...given };
  const stdio = stdioOf(options['stdio']);
  const encoding = encodingOf(options['encoding']);
  const killSignal = signalOf(options['killSignal']);
  const maxBuffer = options['maxBuffer'] === undefined ? MAX_BUFFER : (options['maxBuffer'] ?? 0);
  const timeout = options['timeout'] ?? 0;
  const understood =
    typeof file === 'string' &&
    args.every((argument) => typeof argument === 'string') &&
    stdio !== undefined &&
    encoding !== undefined &&
    killSignal !== undefined &&
    typeof maxBuffer === 'number' &&
    maxBuffer >= 0 &&
    Number.isSafeInteger(timeout) &&
    (timeout as number) >= 0;
  if (!understood) return undefined;

  const input = inputOf(options, stdio[0] === 'pipe');
  if (input === undefined) return undefined;
  // `spawn` knows these too, and would do something else: `spawnSync` ignores a `signal`.
  const { timeout: _1, killSignal: _2, signal: _3, stdio: _4, ...rest } = options;
  return {
    file,
    args: args as readonly string[],
    options: rest,
    stdio,
    input: input === 'none' ? undefined : input,
    encoding: encoding === 'bytes' ? undefined : encoding,
    maxBuffer,
    timeout: timeout as number,
    killSignal,
  };
}

function stdioOf(given: unknown): unknown[] | undefined {
  // `''` and 0 are taken for the default too.
  if (!given) return ['pipe', 'pipe', 'pipe'];
  if (typeof given === 'string') return SHORTHANDS.includes(given) ? [given, given, given] : undefined;
  if (!Array.isArray(given)) return undefined;
  const stdio = Array.from({ length: Math.max(given.length, 3) }, (_, index): unknown => {
    return given[index] ?? (index < 3 ? 'pipe' : 'ignore');
  });
  return stdio.every(isUsualStdio) ? stdio : undefined;
}

/** A word, a descriptor, or a stream that has one. */
function isUsualStdio(entry: unknown): boolean {
  if (SHORTHANDS.includes(entry)) return true;
  const fd = typeof entry === 'number' ? entry : (entry as { fd?: unknown }).fd;
  return typeof fd === 'number' && fd >= 0;
}

function encodingOf(given: unknown): BufferEncoding | 'bytes' | undefined {
  if (!given || given === 'buffer') return 'bytes';
  return typeof given === 'string' && Buffer.isEncoding(given) ? given : undefined;
}

function signalOf(given: unknown): NodeJS.Signals | number | undefined {
  if (given === undefined || given === null) return 'SIGTERM';
  if (typeof given === 'number') return Object.values(signals).includes(given) ? given : undefined;
  if (typeof given !== 'string' || signals[given.toUpperCase()] === undefined) return undefined;
  return given.toUpperCase() as NodeJS.Signals;
}

function inputOf(options: Options, stdinIsPipe: boolean): Uint8Array | 'none' | undefined {
  const { input, encoding } = options;
  if (!input) return 'none';
  if (!stdinIsPipe) return undefined;
  if (typeof input === 'string')
    return encoding === 'buffer' ? undefined : Buffer.from(input, (encoding || 'utf8') as BufferEncoding);
  if (!ArrayBuffer.isView(input)) return undefined;
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength).slice();
}
