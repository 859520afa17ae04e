// The log of a running server, on pino: for people on a terminal, as JSON elsewhere; warnings and errors go to
// standard error, the rest to standard output. Made by `serve-app.ts`, handed to the server.

import { createRequire } from 'node:module';
import process from 'node:process';
import type { Logger } from '../server/index.ts';
import { type AccessLog, createAccessLog } from './access-log.ts';
import { LogFile, type LogOwner } from './file.ts';
import { formatHuman } from './human.ts';

/** Where lines go: `process.stdout`, or anything with a `write`. */
export interface LogSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export type LogFormat = 'auto' | 'human' | 'json';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: LogFormat;
  readonly stdout: LogSink;
  readonly stderr: LogSink;
}

/** Of the settings, those of the log. */
export interface LogSettings {
  readonly logLevel: LogOptions['level'];
  readonly logFormat: LogFormat;
  /** '' for standard output and standard error. */
  readonly logFile: string;
  readonly accessLog: boolean;
  /** '' for standard output. */
  readonly accessLogFile: string;
}

/** What a process writes, and where. */
export interface ProcessLogs {
  readonly log: Logger;
  readonly access: AccessLog | undefined;
  /** Opens files anew. False where one could not be: it has been said, and the old one stays. */
  reopen(): boolean;
}

const WARN = 40;

/** pino hands the level of a line to a destination that carries this symbol. */
const WANTS_METADATA = Symbol.for('pino.metadata');

/**
 * A logger.
 *
 * @example
 * const log = createLogger({ level: 'info', format: 'auto', stdout: process.stdout, stderr: process.stderr });
 * log.warn({ connections: 10_000 }, 'accepting is paused');
 */
export function createLogger(options: LogOptions): Logger {
  return new LateLogger(options.level, () => createPino(options), new PlainLogger(options));
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const require = createRequire(import.meta.url);

/**
 * Has a logger made when there is something to log: pino takes 15 ms to load, and most workers never say anything. It may not
 * be there then, where no descriptor is left to read its files or somebody installs anew: `spare` writes until it is.
 */
class LateLogger implements Logger {
  readonly #least: number;
  readonly #make: () => Logger;
  readonly #spare: Logger;
  #logger: Logger | undefined;

  constructor(level: LogOptions['level'], make: () => Logger, spare: Logger) {
    this.#least = LEVELS.indexOf(level);
    this.#make = make;
    this.#spare = spare;
  }

  debug(fields: object, message: string): void {
    if (this.#least <= 0) this.#made.debug(fields, message);
  }

  info(fields: object, message: string): void {
    if (this.#least <= 1) this.#made.info(fields, message);
  }

  warn(fields: object, message: string): void {
    if (this.#least <= 2) this.#made.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#made.error(fields, message);
  }

  get #made(): Logger {
    try {
      this.#logger ??= this.#make();
      return this.#logger;
    } catch {
      return this.#spare;
    }
  }
}

/** Writes the same lines without pino. */
class PlainLogger implements Logger {
  readonly #options: LogOptions;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  #write(level: (typeof LEVELS)[number], fields: object, msg: string): void {
    const { err, ...rest } = fields as { readonly err?: unknown };
    const shown = err instanceof Error ? { type: err.name, message: err.message, stack: err.stack } : err;
    const time = new Date().toISOString();
    const record = { level, time, pid: process.pid, ...rest, ...(err !== undefined && { err: shown }), msg };
    writeLine(`${JSON.stringify(record)}\n`, this.#options, level === 'warn' || level === 'error');
  }
}

function writeLine(json: string, { format, stdout, stderr }: LogOptions, isProblem: boolean): void {
  const sink = isProblem ? stderr : stdout;
  sink.write(isHuman(format, sink) ? formatHuman(json, sink.isTTY === true) : json);
}

function createPino(options: LogOptions): Logger {
  const { pino } = require('pino') as typeof import('pino');
  const destination = {
    [WANTS_METADATA]: true,
    lastLevel: 0,
    write(line: string): void {
      writeLine(line, options, this.lastLevel >= WARN);
    },
  };
  return pino(
    {
      level: options.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      base: { pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    destination,
  );
}

/** Whether lines for `sink` are for people. */
export function isHuman(format: LogFormat, sink: LogSink): boolean {
  return format === 'human' || (format === 'auto' && sink.isTTY === true);
}

/** The logs of a process that has its standard output and error to itself. `quiet`: where lines below a warning go; `owner`: whose files are that root makes. Throws where a file can't be opened. */
export function processLogs(
  settings: LogSettings,
  { quiet = process.stdout, owner }: { readonly quiet?: LogSink; readonly owner?: LogOwner | undefined } = {},
): ProcessLogs {
  const { logLevel: level, logFormat: format } = settings;
  const { stdout, stderr } = process;
  const complain = (message: string): void => void stderr.write(`siskin: ${message}\n`);
  const file = settings.logFile === '' ? undefined : new LogFile(settings.logFile, complain, owner);
  const log = createLogger({ level, format, stdout: file ?? quiet, stderr: file ?? stderr });
  const accessFile =
    settings.accessLogFile === ''
      ? undefined
      : new LogFile(settings.accessLogFile, (message) => log.error({}, message), owner);
  const sink = accessFile ?? (settings.accessLog ? stdout : undefined);
  return {
    log,
    access: sink && createAccessLog(!isHuman(format, sink), sink),
    reopen: () => [file, accessFile].map((each) => each?.reopen() ?? true).every(Boolean),
  };
}

/**
 * What can't be written is lost, and nobody is served worse for it: the log's reader has gone (`| head`), its disk is full, its
 * terminal is closed.
 */
export function ignoreLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
