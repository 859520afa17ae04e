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
  /** Opens files anew. */
  reopen(): void;
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
  return new LateLogger(options.level, () => createPino(options));
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const require = createRequire(import.meta.url);

/** Has a logger made when there is something to log: pino takes 15 ms to load, and most workers never say anything. */
class LateLogger implements Logger {
  readonly #least: number;
  readonly #make: () => Logger;
  #logger: Logger | undefined;

  constructor(level: LogOptions['level'], make: () => Logger) {
    this.#least = LEVELS.indexOf(level);
    this.#make = make;
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
    this.#logger ??= this.#make();
    return this.#logger;
  }
}

function createPino(options: LogOptions): Logger {
  const { pino } = require('pino') as typeof import('pino');
  const { stdout, stderr } = options;
  const destination = {
    [WANTS_METADATA]: true,
    lastLevel: 0,
    write(line: string): void {
      const sink = this.lastLevel >= WARN ? stderr : stdout;
      sink.write(isHuman(options.format, sink) ? formatHuman(line, sink.isTTY === true) : line);
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
    reopen: () => {
      for (const each of [file, accessFile]) each?.reopen();
    },
  };
}

/** A reader of the log that goes away (`| head`) does not end the server. */
export function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
