// Makes `dist/` of `src/`: `npm run build`. Types by TypeScript, one file for each source. JavaScript by esbuild, in few files: a
// worker loads what would be 170 modules otherwise, and Node takes 100 ms of the processor's time to find, read and link
// those. What several entries need is in files that they share, so that everybody who imports a part of the package has
// the same one.
//
// Node's own modules are got with `process.getBuiltinModule` there: what an `import` of one makes, a namespace, reads
// every export, also those that are made when they are read. For `node:http` that loads undici, 40 ms.
//
// A file in `dist/chunks` is one folder deep, as most sources are: paths that are made from `import.meta.url` begin with
// `../` and name the layer, so that they lead to the same place from both.

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type Plugin, transform } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** What is started or imported by its path, beside what package.json names. */
const INTERNAL = ['worker/main', 'worker/watchdog-thread', 'worker/configuration-main', 'kernel/linux/index'];

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

const NODE_IMPORT =
  /^import (?:(?<all>\w+)|\* as (?<namespace>\w+)|(?:(?<main>\w+), )?\{(?<names>[^}]*)\}) from "(?<module>node:[\w/]+)";$/gm;

/** `import { a as b } from "node:fs"` of JavaScript as esbuild prints it, as `const { a: b } = process.getBuiltinModule("node:fs")`. */
function getBuiltins(code: string, file: string): string {
  const replaced = code.replaceAll(NODE_IMPORT, (...match) => {
    const { all, namespace, main, names, module } = match.at(-1) as Record<string, string | undefined>;
    const got = `globalThis.process.getBuiltinModule("${module}")`;
    const whole = all ?? namespace ?? main;
    const parts = names?.trim().replaceAll(' as ', ': ');
    return [whole && `const ${whole} = ${got};`, parts && `const { ${parts} } = ${got};`]
      .filter(Boolean)
      .join(' ');
  });
  const left = /^.*from "node:.*$/m.exec(replaced);
  if (left !== null) throw new Error(`${file}: scripts/build.ts does not understand ${left[0]}`);
  return replaced;
}

const builtins: Plugin = {
  name: 'builtins',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), {
        loader: 'ts',
        target: 'node24',
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      });
      return { contents: getBuiltins(code, path), loader: 'js' };
    });
  },
};

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
  plugins: [builtins],
  format: 'esm',
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
});
for (const target of Object.values(manifest.bin)) chmodSync(join(ROOT, target), 0o755);
