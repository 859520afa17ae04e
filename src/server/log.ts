// Where the server's log lines go: pino's shape, so that its logger fits, and anybody else's does with four functions.

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Warnings and errors to standard error: what an embedded server does when it is given no logger. */
export const CONSOLE_LOGGER: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/**
 * An answered request, for an access log. One that was refused before it was read has what its line says, and the
 * address of the socket's peer: method and version are `-` where it is no request line, and `target` is all of it.
 */
export interface AccessRecord {
  /** When it arrived: milliseconds since 1970. */
  readonly time: number;
  /** The client's, after trusted proxies were taken into account; '' where there is none. */
  readonly remoteAddress: string;
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  /** `1.1` */
  readonly httpVersion: string;
  readonly status: number;
  /** Of the body, as sent. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly referer?: string | undefined;
  readonly userAgent?: string | undefined;
}
