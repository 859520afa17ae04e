// Where a loop that owns the thread can run: tests are promises, and within one no other goes on.

/** Calls `work` from a macrotask; what it returns, or throws. */
export function macrotask<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}
