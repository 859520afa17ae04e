// The package as its users get it: packed, installed into an empty folder, serving an app, typed. Dependencies come
// from the npm registry.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { temporaryFolder } from '../folder.ts';
import { listening } from './listening.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The environment without what npm adds for its scripts: it would steer the inner npm. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_prefix)/i.test(name)),
);

const { directory, write } = temporaryFolder('package');

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

let packed: readonly string[] = [];

before(
  () => {
    const [report] = JSON.parse(
      run('npm', ['pack', '--json', '--silent', '--pack-destination', directory], ROOT).replace(/^[^[]*/, ''),
    );
    packed = report.files.map((file: { path: string }) => file.path);
    write('package.json', '{ "private": true, "type": "module" }');
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${report.filename}`], directory);
  },
  { timeout: 180_000 },
);

test('the package has what runs and what explains it, and nothing else', () => {
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/main.js',
    'dist/cli/register.js',
    'dist/node/server.js',
    'dist/LICENSE-zod',
  ]) {
    assert.ok(packed.includes(name), name);
  }
  const strangers = packed.filter(
    (name) =>
      !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+(\.js|\.d\.ts)|dist\/LICENSE-zod)$/.test(
        name,
      ),
  );
  assert.deepEqual(strangers, []);
});

test('the installed command serves an app, and stops when told to', { timeout: 30_000 }, async () => {
  const app =
    'export default { fetch: (request) => new Response([request.method, new URL(request.url).pathname].join(" ")) };\n';
  write('app.js', app);
  const command = join(directory, 'node_modules/.bin/siskin');
  const child = spawn(command, ['serve', 'app.js', '--bind', '127.0.0.1:0'], {
    cwd: directory,
    env: ENV,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const response = await fetch(new URL('/hello', (await listening(child)).url));
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'GET /hello');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

/** In a program: whether Node has made the classes of fetch, which take 40 ms and 7 MB, and nobody here uses them. */
const MADE = "process.moduleLoadList.some((name) => name.includes('undici'))";

test('the installed command serves an app of node:http, without the classes of fetch', {
  timeout: 30_000,
}, async () => {
  write(
    'listener.cjs',
    `const http = require('node:http');
    module.exports = http.createServer((req, res) => res.end([req.method, 'isSiskin' in req.socket, ${MADE}].join()));\n`,
  );
  const command = join(directory, 'node_modules/.bin/siskin');
  const child = spawn(command, ['serve', 'listener.cjs', '--bind', '127.0.0.1:0'], {
    cwd: directory,
    env: ENV,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const response = await fetch((await listening(child)).url);
    assert.equal(await response.text(), 'GET,true,false');
  } finally {
    child.kill('SIGKILL');
  }
});

test('siskin/register serves a program that Node runs, without them, too', { timeout: 30_000 }, async () => {
  write(
    'program.cjs',
    `const http = require('node:http');
    const server = http.createServer((req, res) => res.end(['isSiskin' in req.socket, ${MADE}].join()));
    server.listen(0, '127.0.0.1', () => console.log('listening on http://127.0.0.1:' + server.address().port));\n`,
  );
  const child = spawn(process.execPath, ['--import', 'siskin/register', 'program.cjs'], {
    cwd: directory,
    env: { ...ENV, SISKIN_KEEP_ALIVE_GRACE: '10ms' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const response = await fetch((await listening(child)).url);
    assert.equal(await response.text(), 'true,false');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  } finally {
    child.kill('SIGKILL');
  }
});

for (const [file, args, edition] of [
  ['main', ['dist/cli/main.js', '--version'], 2020],
  // What has --import has `await` at the top, too.
  ['register', ['--import', './dist/cli/register.js', '--eval', "console.log('it runs')"], 2022],
] as const) {
  test(`an old Node can read and run what dist/cli/${file}.js needs to say that it is too old`, () => {
    const cwd = join(directory, 'node_modules/siskin');
    const seen = readStatically(join(cwd, `dist/cli/${file}.js`), edition);
    assert.ok(seen.size > 1, 'the check is in a file of its own');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', OLD_NODE, ...args], {
      cwd,
      env: ENV,
      encoding: 'utf8',
    });
    assert.match(stderr, /^siskin: Node 24 or later is needed, and this is Node 18\.0\.0 /);
    assert.deepEqual([status, stdout], [1, '']);
  });
}

/** Takes from Node what an old one does not have. */
const OLD_NODE = `data:text/javascript,${encodeURIComponent(`
  Object.defineProperty(process.versions, 'node', { value: '18.0.0' });
  delete process.getBuiltinModule;
  delete Promise.withResolvers;`)}`;

/** The modules that Node has to read before it runs anything of `path`, whose syntax must be of that edition of ECMAScript. */
function readStatically(path: string, edition: 2020 | 2022, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const { body } = parse(readFileSync(path, 'utf8'), {
    ecmaVersion: edition,
    sourceType: 'module',
    allowHashBang: true,
  });
  for (const node of body) {
    if (!('source' in node) || typeof node.source?.value !== 'string') continue;
    assert.match(node.source.value, /^\.{1,2}\//, `${path} imports ${node.source.value}`);
    readStatically(resolve(dirname(path), node.source.value), edition, seen);
  }
  return seen;
}

test('every export is there at run time', () => {
  const names = exportNames();
  const program = names.map((name) => `await import(${JSON.stringify(name)});`).join('\n');
  run(process.execPath, ['--input-type=module', '--eval', program], directory);
  assert.ok(names.includes('siskin') && names.includes('siskin/http'));
});

test('every export is typed, and the declarations are sound by themselves', { timeout: 60_000 }, () => {
  const imports = exportNames().map(
    (name, index) => `import * as module${index} from ${JSON.stringify(name)};`,
  );
  const uses = exportNames().map(
    (_, index) => `export const keys${index}: string[] = Object.keys(module${index});`,
  );
  const use =
    "export const url: Promise<string> = module0.serve({ fetch: () => new Response('') }, {}).then((server) => server.url);";
  write('use.ts', [...imports, ...uses, use].join('\n'));
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom.asynciterable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['use.ts'] }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    run(process.execPath, [tsc, '-p', 'tsconfig.json'], directory);
  } catch (error) {
    assert.fail(String((error as { stdout: string }).stdout));
  }
});

function exportNames(): string[] {
  return Object.keys(MANIFEST.exports)
    .filter((name) => !name.endsWith('.json'))
    .map((name) => name.replace('.', 'siskin'));
}
