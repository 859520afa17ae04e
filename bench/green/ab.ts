// ab, as the tutorial uses it: it sends its first request alone, then the rest from many clients at once.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Load {
  readonly requests: number;
  readonly clients: number;
}

export interface Outcome {
  readonly perSecond: number;
  readonly seconds: number;
  /** Not answered, or not with a success. */
  readonly failed: number;
}

/** Has ab ask for `path` on `port`. */
export async function ab(port: number, path: string, { requests, clients }: Load): Promise<Outcome> {
  const url = `http://127.0.0.1:${port}${path}`;
  const flags = ['-r', '-q', '-s', '300', '-n', String(requests), '-c', String(clients)];
  const { stdout } = await run('ab', [...flags, url]);
  const read = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  const complete = read(/^Complete requests:\s+(\d+)$/m);
  const bad = /^Non-2xx responses:\s+(\d+)$/m.test(stdout) ? read(/^Non-2xx responses:\s+(\d+)$/m) : 0;
  // A body of another length is no failure: what the API answers is told on, and is not always the same.
  const broken = read(/Connect: (\d+), Receive/) || 0;
  return {
    perSecond: read(/^Requests per second:\s+([\d.]+)/m),
    seconds: read(/^Time taken for tests:\s+([\d.]+)/m),
    failed: requests - complete + bad + broken,
  };
}
