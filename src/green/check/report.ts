// What `siskin green check` finds out, as data: `--json` writes it as it is.

import type { FunctionReport } from '../transform/index.ts';

/** A file that the app loads. */
export interface LoadedModule {
  /** Absolute. */
  readonly file: string;
  /** As Node calls it: `module`, `commonjs-typescript`; `undefined`: Node finds out when it compiles it. */
  readonly format: string | undefined;
}

/** A function, and where it is. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

/** A file that is green. */
export interface GreenFile {
  readonly file: string;
  /** The package that it is of; absent for the app's own. */
  readonly package?: string;
  readonly functions: readonly FunctionReport[];
}

/** A package of which files are green. */
export interface GreenPackageReport {
  readonly name: string;
  readonly why: 'known' | 'included';
  readonly files: number;
  readonly green: number;
  readonly plain: number;
}

/** Functions that have a call that could wait, and can't suspend: there it blocks. */
export interface Blocking {
  readonly reason: string;
  readonly functions: readonly Place[];
}

/** Other plain functions: nothing is lost by it. */
export interface Plain {
  readonly reason: string;
  readonly count: number;
}

/** State of a module that is written where others can run meanwhile. */
export interface Hazard extends Place {
  readonly name: string;
  /** The variable itself, or a property of what it holds. */
  readonly kind: 'variable' | 'property';
}

/** A package that is not green, though there is something in it to gain. */
export interface PackageHint {
  readonly name: string;
  /** `calls the app's handlers`; `calls spawnSync (lib/run.js)`. */
  readonly why: string;
  readonly flag: string;
}

/** A package that a driver makes suspend, and whose driver is not enabled. */
export interface DriverHint {
  readonly name: string;
  readonly flag: string;
}

export interface Refused {
  readonly file: string;
  readonly message: string;
}

export interface GreenReport {
  readonly files: readonly GreenFile[];
  readonly packages: readonly GreenPackageReport[];
  /** Of the app and of included packages, as the next two. */
  readonly blocking: readonly Blocking[];
  readonly plain: readonly Plain[];
  readonly hazards: readonly Hazard[];
  readonly hints: readonly PackageHint[];
  readonly drivers: readonly DriverHint[];
  readonly refused: readonly Refused[];
  /** Files of the app that `--green-include !PATTERN` leaves as they are. */
  readonly excluded: readonly string[];
}
