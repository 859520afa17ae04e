// The log of a running server, on pino: for people on a terminal, as JSON elsewhere; warnings and errors go to
// standard error, the rest to standard output. Made by `serve-app.ts`, handed to the server.

import { pino } from 'pino';
import type { Logger } from '../server/index.ts';
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

/** The logger of a process that has its standard output and error to itself. */
export function processLogger({ logLevel, logFormat }: LogSettings): Logger {
  const { stdout, stderr } = process;
  return createLogger({ level: logLevel, format: logFormat, stdout, stderr });
}

/** A reader of the log that goes away (`| head`) does not end the server. */
export function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
