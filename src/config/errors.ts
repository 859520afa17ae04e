// What is wrong with a setting, said so that a person can put it right. Parsers throw `BadValue`; `resolve.ts` gathers
// all of them, with the place each value came from, into one `ConfigError`, which ends the command with status 2.

/** A text that can't be read as the value it stands for. The message completes "it ...": `its port is above 65535`. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/** Where a setting's value came from. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'option' | 'file' | 'default';
  /** As the person wrote it: `--bind`, `SISKIN_BIND`, `bind`. */
  readonly name: string;
  /** The configuration file that it is from. */
  readonly file?: string;
}

/** One mistake. */
export interface Problem {
  /** The setting's key, or the unknown name. */
  readonly setting: string;
  readonly origin: Origin;
  /** What came, as text. */
  readonly got: string;
  /** What is wrong with it. */
  readonly reason: string;
  /** What would have been accepted. */
  readonly expected: string;
}

/** Settings that can't be used. `problems` has all of them; the message shows them, one paragraph each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_SISKIN_CONFIG';
  /** What a command that fails with it exits with: the status for wrong usage. */
  readonly exitCode = 2;
  readonly problems: readonly Problem[];

  /** `message`: what is wrong where it is no single setting. */
  constructor(problems: readonly Problem[], message = problems.map(describeProblem).join('\n')) {
    super(message);
    this.problems = problems;
  }
}

/**
 * A problem in two lines.
 *
 * @example
 * --keep-alive-timeout 75: it has no unit: write 75s or 75ms
 *   expected a duration from 1ms to 1h, such as 500ms, 30s or 2m
 */
export function describeProblem(problem: Problem): string {
  return `${attribute(problem.origin, problem.got)}: ${problem.reason}\n  expected ${problem.expected}`;
}

/** The value in the notation of its place: `--bind :80`, `SISKIN_BIND=:80`, `siskin.config.ts: bind: :80`, `option bind: :80`. */
export function attribute(origin: Origin, value: string): string {
  if (origin.kind === 'flag') return `${origin.name} ${value}`;
  if (origin.kind === 'environment') return `${origin.name}=${value}`;
  if (origin.kind === 'file') return `${origin.file}: ${origin.name}: ${value}`;
  return `${origin.kind} ${origin.name}: ${value}`;
}
