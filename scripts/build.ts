// Makes `dist/` of `src/`: `npm run build`. Types by TypeScript, one file for each source. JavaScript by esbuild, in few files: a
// worker loads what would be 170 modules otherwise, and Node takes 100 ms of the processor's time to find, read and link
// those. What several entries need is in files that they share, so that everybody who imports a part of the package has
// the same one.
//
// A file in `dist/chunks` is one folder deep, as most sources are: paths that are made from `import.meta.url` begin with
// `../` and name the layer, so that they lead to the same place from both.

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** What is started or imported by its path, beside what package.json names. */
const INTERNAL = [
  'worker/main',
  'worker/watchdog-thread',
  'worker/thread-main',
  'worker/configuration-main',
  'kernel/linux/index',
];

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** The sources of everything that has a path of its own, without their extensions, relative to `src`. */
function entries({ bin, exports }: Manifest): string[] {
  const targets = [
    ...Object.values(bin),
    ...Object.values(exports).map((target) => (typeof target === 'string' ? target : target.default)),
  ];
  const own = targets
    .filter((target) => target.endsWith('.js'))
    .map((target) => relative('dist', target).replace(/\.js$/, ''));
  return [...new Set([...own, ...INTERNAL])];
}

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
await build({
  absWorkingDir: ROOT,
  entryPoints: Object.fromEntries(entries(manifest).map((entry) => [entry, `src/${entry}.ts`])),
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
});
for (const target of Object.values(manifest.bin)) chmodSync(join(ROOT, target), 0o755);
