// What a client does must not end the process. Node ends it for a rejected promise that nobody handles, and an app may well
// have started to read a body that it waits for only later, or not at all.

/** `promise`, whose rejection counts as handled. Who waits for it is told all the same. */
export function forgivable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {}
