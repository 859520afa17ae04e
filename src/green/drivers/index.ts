// Drivers teach green code the blocking functions of packages: `--green-driver pg-native`. Called once, before the app is
// loaded. A driver is one of those below, or a module of the user's.

import { createRequire, registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { registerTwin } from '../twin.ts';
import { bcrypt } from './bcrypt.ts';
import { bcryptjs } from './bcryptjs.ts';
import { betterSqlite3 } from './better-sqlite3.ts';
import { type Driver, type DriverContext, DriverError } from './driver.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { pgNative } from './pg-native.ts';
import { syncFetch } from './sync-fetch.ts';
import { synckit } from './synckit.ts';

export type { Driver, DriverContext } from './driver.ts';
export { type SlowOptions, slowStatement } from './slow-statement.ts';

const BUILT_IN: ReadonlyMap<string, Driver> = new Map(
  [pgNative, syncFetch, bcrypt, bcryptjs, synckit, nodeSqlite, betterSqlite3].map((each) => [
    each.name,
    each,
  ]),
);

/** Their names, which are those of their packages. */
export const BUILT_IN_DRIVERS: readonly string[] = [...BUILT_IN.keys()];

/**
 * Installs the drivers that `names` names, one after the other. `appFile`: the app's entry, from which packages are resolved;
 * paths among `names` are relative to the working directory.
 *
 * @throws DriverError that says which driver, and what to do, where one can't be had or its package isn't installed.
 */
export async function installDrivers(
  names: readonly string[],
  appFile: string,
  log: (message: string) => void,
): Promise<void> {
  const require = createRequire(appFile);
  const context: DriverContext = {
    appFile,
    resolve: (specifier) => require.resolve(specifier),
    registerTwin,
    log,
  };
  for (const name of new Set(names)) {
    const driver = BUILT_IN.get(name) ?? (await ownDriver(name, appFile));
    driver.prepare?.(context);
    if (driver.package === undefined) {
      driver.install(undefined, context);
      continue;
    }
    for (const exports of await copiesOf(driver.package, name, appFile)) driver.install(exports, context);
  }
}

/** A driver of the user's: the default export of a file or of a package. */
async function ownDriver(name: string, appFile: string): Promise<Driver> {
  const isPath = /^\.{0,2}[\\/]/.test(name);
  let exports: { readonly default?: unknown };
  try {
    exports = isPath ? await import(pathToFileURL(resolve(name)).href) : await importFrom(name, appFile);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND')
      throw new DriverError(`the driver ${name} could not be loaded: ${message}`, { cause: error });
    throw new DriverError(
      `there is no driver ${name}. There are ${BUILT_IN_DRIVERS.join(', ')}; a path (./drivers/${name}.js) or an installed package names one of yours: ${message}`,
      { cause: error },
    );
  }
  const driver = exports.default as Partial<Driver> | undefined;
  if (typeof driver?.name !== 'string' || typeof driver.install !== 'function') {
    throw new DriverError(
      `the driver ${name} must have a default export { name, package, install(exports, context) }; got ${driver === undefined ? 'none' : typeof driver}`,
    );
  }
  return driver as Driver;
}

/** What the app can get when it loads the package: one thing, or one for `require` and another one for `import`. */
async function copiesOf(packageName: string, driverName: string, appFile: string): Promise<unknown[]> {
  const require = createRequire(appFile);
  const copies = new Set<unknown>();
  const failures: NodeJS.ErrnoException[] = [];
  for (const load of [() => require(packageName), () => importFrom(packageName, appFile)]) {
    try {
      const exports = await load();
      // A CommonJS module that is imported is the default export of a namespace.
      const { default: main } = exports as { readonly default?: unknown };
      if (!copies.has(main)) copies.add(exports);
    } catch (error) {
      failures.push(error as NodeJS.ErrnoException);
    }
  }
  if (copies.size > 0) return [...copies];
  const [error] = failures;
  if (isMissing(error!, packageName)) {
    throw new DriverError(
      `the driver ${driverName} is for the package ${packageName}, which is not installed for ${appFile}: npm install ${packageName}`,
      { cause: error },
    );
  }
  throw new DriverError(
    `the driver ${driverName} could not load the package ${packageName}: ${error!.message}`,
    {
      cause: error,
    },
  );
}

/** As opposed to a package that is there and misses something itself. */
const isMissing = ({ code, message }: NodeJS.ErrnoException, name: string): boolean =>
  code === 'ERR_UNKNOWN_BUILTIN_MODULE' ||
  ((code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') && message.includes(`'${name}'`));

const FROM_APP = 'siskin-driver:';

/** `import(specifier)` as the app would do it. */
async function importFrom(specifier: string, appFile: string): Promise<{ readonly default?: unknown }> {
  const hooks = registerHooks({
    resolve: (asked, context, next) =>
      asked === FROM_APP + specifier
        ? next(specifier, { ...context, parentURL: pathToFileURL(appFile).href })
        : next(asked, context),
  });
  try {
    return await import(FROM_APP + specifier);
  } finally {
    hooks.deregister();
  }
}
