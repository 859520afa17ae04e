// `npm test [-- FILE...]`: Node's test runner over every test, or over the files named.
//
// Each file has a process of its own, but those whose tests touch nothing outside of themselves share one
// (`test/together.ts`): most of what a small file costs is a new Node and loading the sources. What has been compiled
// once is kept (in `node_modules/.cache`) for all the processes to come, those that the tests start among them; and many of
// those run the package as it is packed (`test/cli/program.ts`), which is made here, in 0.1 s. Node's runner leaves one core free; here one file more than there are cores runs at once, as many wait for processes of
// theirs. And the longest begin first, so that no core is idle at the end while another is busy with them.

import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { FOLDERS } from '../test/together.ts';
import { bundle, replace } from './bundle.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Of seconds each, the longest first. */
const LONGEST = [
  'test/server/seeds.test.ts',
  'test/arbiter/processes.test.ts',
  'test/arbiter/service.test.ts',
  'test/arbiter/successor.test.ts',
  'test/package/package.test.ts',
  'test/together.ts',
  'test/cli/programs.test.ts',
  'test/clients/examples.test.ts',
  'test/server/behaviour-timed.test.ts',
  'test/server/behaviour-linux.test.ts',
  'test/server/behaviour-timed.test.ts',
  'test/cli/register.test.ts',
  'test/server/behaviour-node.test.ts',
];

function everyTest(): string[] {
  const files = globSync('test/**/*.test.ts', { cwd: root }).map((file) => file.replaceAll(sep, '/'));
  const apart = files.filter((file) => !FOLDERS.some((folder) => file.startsWith(`test/${folder}/`)));
  return [...new Set([...LONGEST, ...apart.sort()])];
}

const packed = join(root, 'node_modules/.cache/siskin');
replace(join(packed, 'package.json'), readFileSync(join(root, 'package.json'), 'utf8'));
await bundle(join(packed, 'dist'));
process.env['PACKED_SISKIN'] = join(packed, 'dist');

process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compiled');
const named = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
const tests = run({
  cwd: root,
  concurrency: availableParallelism() + 1,
  timeout: 120_000,
  signal: interrupted.signal,
  ...(named.length > 0 ? { globPatterns: named } : { files: everyTest().map((file) => join(root, file)) }),
});
tests.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
tests.compose(new spec()).pipe(process.stdout);
