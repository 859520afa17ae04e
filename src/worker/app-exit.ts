// How an app ends its process when it is told to stop: many call `process.exit()` in their handler for SIGTERM, or take the
// handler away and raise the signal again. They mean that they are done, and know nothing of who still waits for an answer,
// or of hooks. So while a server stops, that is noted, and `serve-app.ts` ends the process when everything else is done, too.

type Target = Pick<NodeJS.Process, 'exit' | 'exitCode' | 'kill' | 'listenerCount' | 'pid'>;

/** Raised again, they mean the end. */
const STOPS: readonly unknown[] = ['SIGTERM', 'SIGINT', 15, 2];

export class AppExit {
  /** Ends the process, now. */
  readonly now: (status?: number) => never;
  /** The app has asked for the end, since `hold` was called. */
  readonly asked: Promise<void>;
  /** What it has asked for: the status that it would have ended with. */
  status = 0;
  #held = false;

  /** Puts itself into the place of `process.exit` and `process.kill`. They are what they were, until `hold` is called. */
  constructor(target: Target) {
    this.now = target.exit.bind(target);
    const kill = target.kill.bind(target);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.asked = promise;
    let isAsked = false;
    const ask = (status: number): void => {
      // What comes behind a call of `exit` in the app was never meant to run: the first status counts.
      if (!isAsked) this.status = status;
      isAsked = true;
      resolve();
    };
    target.exit = ((code) => {
      if (!this.#held) return this.now(code as number | undefined);
      ask(Number(code ?? target.exitCode ?? 0));
    }) as typeof target.exit;
    target.kill = (pid, signal) => {
      const own = this.#held && pid === target.pid && STOPS.includes(signal ?? 'SIGTERM');
      if (!own || target.listenerCount(nameOf(signal)) > 1) return kill(pid, signal);
      ask(0);
      return true;
    };
  }

  /** From here on the app does not end the process. */
  hold(): void {
    this.#held = true;
  }
}

function nameOf(signal: string | number | undefined): string {
  return signal === 2 || signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
}
