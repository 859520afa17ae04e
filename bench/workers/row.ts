// A line of the report: what was measured, what it must be, and what it is.

export interface Row {
  readonly what: string;
  readonly bar: string;
  readonly is: string;
  /** Absent where nothing is asked: it is said for information. */
  readonly reached?: boolean;
}
