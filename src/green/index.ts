// Green: blocking code that suspends its coroutine instead. What other layers need of it.

import type { InspectOptions } from './check/index.ts';
import type { GreenReport, LoadedModule } from './check/report.ts';
import type { GreenOptions } from './install.ts';

export type { GreenReport, LoadedModule } from './check/report.ts';
export { DriverError } from './drivers/driver.ts';
export { greenFetch } from './fetch.ts';
export type { GreenOptions } from './install.ts';
export { registerTwin } from './twin.ts';

/** Makes this process green (install.ts). What that needs is loaded only then. */
export async function installGreen(options: GreenOptions): Promise<void> {
  const { install } = await import('./install.ts');
  await install(options);
}

/** What would become of an app's modules (check/index.ts). What that needs is loaded only then. */
export async function inspectGreen(
  modules: readonly LoadedModule[],
  options: InspectOptions,
): Promise<GreenReport> {
  const { inspectModules } = await import('./check/index.ts');
  return inspectModules(modules, options);
}
