// What a driver is: it gives the blocking functions of a package twins, before the app uses them (docs/green/drivers.md).

import type { registerTwin } from '../twin.ts';

/** A driver, or what it is for, can't be had. The message says which, and what to do. */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  readonly code = 'ERR_GREEN_DRIVER';
}

export interface Driver {
  /** What `--green-driver` calls it. */
  readonly name: string;
  /** The package that it is for, resolved from the app's folder. Node's own modules are packages too: `node:sqlite`. */
  readonly package?: string;
  /** Before the package is loaded: for those that must see how it is. */
  prepare?(context: DriverContext): void;
  /**
   * Gives the package's functions their twins. A package that is another one for `import` than for `require` comes by twice.
   * `exports`: what `require` returns, or the namespace; `undefined` without a package.
   */
  install(exports: unknown, context: DriverContext): void;
}

export interface DriverContext {
  /** The app's entry: packages are resolved from there. */
  readonly appFile: string;
  /** The path of the file that `require(specifier)` would load in the app. Throws where there is none. */
  resolve(specifier: string): string;
  /** As `registerTwin` of `siskin/green`. */
  readonly registerTwin: typeof registerTwin;
  /** One line in the server's log. */
  log(message: string): void;
}
