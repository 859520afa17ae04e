// Waiting for what an app may never do. Used where an app is loaded: `serving.ts`, `thread-main.ts`.

import { AppLoadError } from './load-app.ts';

/** Node ends a process that waits for nothing, even within an `await`: then the app waits for what never comes. */
export async function whileAlive<T>(promise: Promise<T>, complaint: string): Promise<T> {
  const idle = Promise.withResolvers<never>();
  const onIdle = (): void => idle.reject(new AppLoadError(complaint));
  process.once('beforeExit', onIdle);
  try {
    return await Promise.race([promise, idle.promise]);
  } finally {
    process.off('beforeExit', onIdle);
  }
}
