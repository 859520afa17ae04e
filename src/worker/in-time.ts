// Waiting for somebody's work, but not for ever.

/** Resolves when `work` has ended or `within` milliseconds have, whichever comes first; rejects as `work` does until then. */
export async function inTime(work: unknown, within: number): Promise<void> {
  const timeUp = Promise.withResolvers<void>();
  const timer = setTimeout(timeUp.resolve, Math.max(within, 0));
  try {
    await Promise.race([work, timeUp.promise]);
  } finally {
    clearTimeout(timer);
  }
}
