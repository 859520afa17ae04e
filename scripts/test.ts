// `npm test [-- FILE...]`: Node's test runner over every test, or over the files named.
//
// Node's runner leaves one core free; here one file more than there are cores runs at once, as many wait for processes
// of theirs. And most of what a test file costs is loading the sources, so what has been compiled once is kept (in
// `node_modules/.cache`) for all the processes to come, those that the tests start among them.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = process.argv.slice(2);
const runner = spawn(
  process.execPath,
  [
    '--test',
    '--test-timeout=120000',
    `--test-concurrency=${availableParallelism() + 1}`,
    ...(files.length > 0 ? files : ['test/**/*.test.ts']),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compiled`, ...process.env },
  },
);
runner.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
