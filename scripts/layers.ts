// Checks that imports point down: `npm run check:layers`. The table is ARCHITECTURE.md's. A file may import its own
// layer and the layers its row names, those through their index.ts; packages where a row allows them; and no circle
// of files may import each other (types alone may, they are gone at run time).

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';

interface Layer {
  /** Layers it may import. */
  readonly imports: readonly string[];
  /** Packages it may import, beside Node's own modules. */
  readonly packages?: readonly string[];
  /** No import of anything outside of the layer, not even of Node's. */
  readonly pure?: boolean;
}

/** The layers, from the top down. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  cli: {
    imports: ['arbiter', 'worker', 'green', 'protocol', 'node', 'log', 'config', 'kernel'],
    packages: ['commander'],
  },
  arbiter: { imports: ['protocol', 'log', 'config', 'net', 'task', 'loop', 'kernel'] },
  worker: {
    imports: [
      'protocol',
      'blocking',
      'green',
      'threads',
      'node',
      'server',
      'log',
      'config',
      'app',
      'net',
      'kernel',
    ],
  },
  protocol: { imports: ['config', 'kernel'] },
  threads: { imports: ['server', 'app', 'http', 'net', 'task', 'loop', 'kernel'] },
  node: { imports: ['server', 'config', 'app', 'net', 'loop', 'kernel'] },
  log: { imports: ['server'], packages: ['pino'] },
  blocking: { imports: ['green', 'http', 'net', 'task', 'loop', 'kernel'] },
  green: { imports: ['task', 'loop', 'kernel'], packages: ['acorn', '@jridgewell/sourcemap-codec'] },
  server: { imports: ['app', 'http', 'net', 'task', 'loop', 'kernel', 'config'] },
  app: { imports: ['http', 'net', 'task', 'loop', 'kernel'] },
  http: { imports: [], pure: true },
  net: { imports: ['task', 'loop', 'kernel'] },
  task: { imports: ['loop', 'kernel'] },
  loop: { imports: ['kernel'] },
  config: { imports: ['kernel'], packages: ['zod'] },
  kernel: { imports: [] },
};

/** Packages that one folder alone may import. */
const FOLDER_PACKAGES: Readonly<Record<string, readonly string[]>> = { 'kernel/linux': ['koffi'] };

/** Files other than a layer's index.ts that other layers may import: backends are chosen by name. */
const PUBLIC_FOLDERS: readonly string[] = ['kernel/linux', 'kernel/sim', 'kernel/node'];

/** An import of `specifier` by `file`; `typeOnly` ones leave nothing at run time. Paths are relative to `src`. */
export interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** The static and dynamic imports and re-exports of a source text. */
export function findImports(file: string, text: string): Import[] {
  const found: Import[] = [];
  const code = blankComments(text);
  const pattern =
    /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?(?:[\w$*{}\s,]*?\sfrom\s*|(?=['"]))['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const match of code.matchAll(pattern)) {
    const specifier = match[2] ?? match[3]!;
    const names = /\{([^}]*)\}/
      .exec(match[0])?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const allTypes =
      names !== undefined && names.length > 0 && names.every((name) => name.startsWith('type '));
    const line = code.slice(0, match.index + match[0].length).split('\n').length;
    found.push({
      file,
      specifier,
      typeOnly: match[1] !== undefined || (allTypes && match[3] === undefined),
      line,
    });
  }
  return found;
}

/** Every import that the table forbids, and every circle, as messages. `sources`: text by path relative to `src`. */
export function findViolations(sources: ReadonlyMap<string, string>): string[] {
  const imports = [...sources].flatMap(([file, text]) => findImports(file, text));
  const forbidden = imports.flatMap((found) => {
    const reason = whyForbidden(found);
    return reason === undefined
      ? []
      : [`src/${found.file}:${found.line}: imports ${found.specifier}: ${reason}`];
  });
  return [...forbidden, ...findCircles(imports)];
}

function whyForbidden({ file, specifier }: Import): string | undefined {
  const layer = layerOf(file);
  // src/index.ts and its like are the package's face: they choose among the layers.
  if (layer === undefined) return undefined;
  const rules = LAYERS[layer];
  if (rules === undefined) return `src/${layer} is not in the table of scripts/layers.ts`;
  if (!specifier.startsWith('.')) return whyPackageForbidden(file, layer, rules, specifier);

  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith('..')) return 'it is outside of src';
  const targetLayer = layerOf(target);
  if (targetLayer === layer) return undefined;
  if (targetLayer === undefined) return 'the layers know nothing of the package around them';
  if (!rules.imports.includes(targetLayer))
    return `${layer} may import ${rules.imports.join(', ') || 'no other layer'}`;
  return isPublic(target) ? undefined : `import it through ${targetLayer}/index.ts`;
}

/** What is not for everybody: a program that imports `siskin/green` is not to load what makes a process green, and so on. */
const PUBLIC_FILES: readonly string[] = ['green/api.ts', 'blocking/host.ts', 'worker/green.ts'];

function isPublic(target: string): boolean {
  return (
    /^[^/]+\/index\.ts$/.test(target) ||
    PUBLIC_FILES.includes(target) ||
    PUBLIC_FOLDERS.includes(posix.dirname(target))
  );
}

function whyPackageForbidden(
  file: string,
  layer: string,
  rules: Layer,
  specifier: string,
): string | undefined {
  if (rules.pure === true) return `${layer} imports nothing`;
  if (specifier.startsWith('node:')) return undefined;
  const folder = Object.keys(FOLDER_PACKAGES).find((path) => file.startsWith(`${path}/`));
  const allowed = [...(rules.packages ?? []), ...(folder === undefined ? [] : FOLDER_PACKAGES[folder]!)];
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return allowed.includes(name) ? undefined : `${layer} may not import the package ${name}`;
}

function layerOf(file: string): string | undefined {
  const slash = file.indexOf('/');
  return slash === -1 ? undefined : file.slice(0, slash);
}

/** Files that import each other in a circle at run time: depth first, a file met again on its own path closes one. */
function findCircles(imports: readonly Import[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { file, specifier, typeOnly } of imports) {
    if (typeOnly || !specifier.startsWith('.')) continue;
    const targets = edges.get(file) ?? new Set();
    edges.set(file, targets.add(posix.join(posix.dirname(file), specifier)));
  }
  const circles = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1)
      circles.add(
        `a circle of imports: ${[...path.slice(start), file].map((name) => `src/${name}`).join(' → ')}`,
      );
    if (start !== -1 || done.has(file)) return;
    for (const target of edges.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return [...circles];
}

/** Comments as spaces, so that an example in one is not taken for an import; line numbers stay. */
function blankComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
}

function readSources(root: string): Map<string, string> {
  const files = globSync('**/*.ts', { cwd: root }).sort();
  return new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]));
}

if (import.meta.main) {
  const root = resolve(dirname(import.meta.dirname), 'src');
  const sources = readSources(root);
  const violations = findViolations(sources);
  for (const violation of violations) console.error(violation);
  console.log(
    `layers: ${sources.size} files in ${relative(process.cwd(), root)}, ${violations.length} violations`,
  );
  if (violations.length > 0) process.exitCode = 1;
}
