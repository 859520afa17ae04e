// The JavaScript of the package, by esbuild, in few files: a worker loads what would be 170 modules otherwise, and Node takes
// 100 ms of the processor's time to find, read and link those. What several entries need is in files that they share, so
// that everybody who imports a part of the package has the same one. `build.ts` calls it for `dist/`, and `test.ts` for
// the processes that tests start.
//
// It has in it, too, what `src` imports and package.json does not call a dependency: zod, of which we use a tenth, and
// whose 95 modules would cost each start of `siskin serve` another 100 ms.
//
// Node's own modules are got with `process.getBuiltinModule` there: what an `import` of one makes, a namespace, reads
// every export, also those that are made when they are read. For `node:http` that loads undici, 40 ms.
//
// A file in `chunks` is one folder deep, as most sources are: paths that are made from `import.meta.url` begin with `../`
// and name the layer, so that they lead to the same place from both.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin, transform } from 'esbuild';

export const ROOT = join(import.meta.dirname, '..');

/** What is started or imported by its path, beside what package.json names. */
const INTERNAL = [
  'worker/main',
  'worker/watchdog-thread',
  'worker/thread-main',
  'worker/configuration-main',
  'blocking/helper-thread',
  'green/drivers/call-thread',
  'green/drivers/sqlite-thread',
  'kernel/linux/index',
];

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

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
  if (left !== null) throw new Error(`${file}: scripts/bundle.ts does not understand ${left[0]}`);
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

/**
 * Writes it to `folder`, which takes the place of `dist`. What is there already is not touched: it may be running. With the
 * licenses of the packages that are in it.
 */
export async function bundle(folder: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(entries(MANIFEST).map((entry) => [entry, `src/${entry}.ts`])),
    outdir: folder,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    external: Object.keys(MANIFEST.dependencies),
    plugins: [builtins],
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
    write: false,
    metafile: true,
  });
  for (const { path, text } of outputFiles) replace(path, text);
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  for (const name of new Set(packages)) {
    const license = readFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8');
    replace(join(folder, `LICENSE-${name.replace('/', '-')}`), license);
  }
}

/** Writes a file where it isn't so already; whoever reads it meanwhile has the old one or the new one. */
export function replace(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) return;
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
