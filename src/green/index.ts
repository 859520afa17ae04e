// Green: blocking code that suspends its coroutine instead. What other layers need of it.

import type { GreenOptions } from './install.ts';

export { greenFetch } from './fetch.ts';
export type { GreenOptions } from './install.ts';
export { registerTwin } from './twin.ts';

/** Makes this process green (install.ts). What that needs is loaded only then. */
export async function installGreen(options: GreenOptions): Promise<void> {
  const { install } = await import('./install.ts');
  install(options);
}
