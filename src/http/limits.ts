// How much a peer may send before a message's body begins. Called limits, never sizes: every buffer a peer can grow
// has one here, with its default, its reason and the status that answers going past it.

export interface HeadLimits {
  /** Bytes of the start line without its CRLF; leading empty lines count. Past it: 414. */
  readonly requestLine: number;
  /** Bytes of all the field lines together, CRLFs included. Past it: 431. The same bounds a trailer section. */
  readonly headerSection: number;
  /** Field lines. Past it: 431. */
  readonly fields: number;
  /** What is refused where nobody sees to it, and left to whoever asks for it. */
  readonly leaves?: LeftToApp;
}

/** Requests that only some apps have an answer to. Looked at when one comes, so that these may be getters. */
export interface LeftToApp {
  /** CONNECT, with its authority as the target (RFC 9112 section 3.2.3); otherwise 501. */
  readonly connect?: boolean;
  /** Expectations other than 100-continue (RFC 9110 section 10.1.1); otherwise 417. */
  readonly expectations?: boolean;
  /** HTTP/1.1 without a Host field; otherwise 400. */
  readonly hostless?: boolean;
}

/**
 * RFC 9112 section 3 asks for request lines of at least 8,000 octets; browsers send up to 8 KB of cookies beside some
 * twenty fields, which 16 KB and 100 fields hold with room to spare.
 */
export const DEFAULT_HEAD_LIMITS: HeadLimits = { requestLine: 8192, headerSection: 16384, fields: 100 };

/**
 * Bytes of one message that chunk-size lines may spend on extensions and leading zeros. Nobody reads extensions;
 * without a bound, a body within its limit could be wrapped in any amount of them.
 */
export const MAX_CHUNK_OVERHEAD = 16384;

/** Digits a chunk size needs at most: 2^53 - 1 has fourteen. Digits past these count as overhead. */
export const FREE_CHUNK_DIGITS = 16;
