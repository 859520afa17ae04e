// Hears of an exception that nothing catches, which would otherwise end the test process.

/** The exception that `body` brings about, and where it came from. */
export async function uncaught(body: () => Promise<unknown>): Promise<[error: unknown, origin: string]> {
  const others = process.listeners('uncaughtException');
  const rejections = process.listeners('unhandledRejection');
  process.removeAllListeners('uncaughtException');
  process.removeAllListeners('unhandledRejection');
  try {
    const heard = new Promise<[unknown, string]>((resolve) => {
      process.once('uncaughtException', (error, origin) => resolve([error, origin]));
    });
    await body();
    return await heard;
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
    for (const listener of rejections) process.on('unhandledRejection', listener);
  }
}
