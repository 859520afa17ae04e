// Apps from files: what is found, and what is said when nothing is.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppLoadError, type LoadedApp, type LoadOptions, loadApp } from '../../src/worker/load-app.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('load');

async function load(specifier: string, options: LoadOptions = {}): Promise<LoadedApp> {
  const loaded = await loadApp(specifier, directory, options);
  if (loaded.kind === 'app') return loaded;
  throw new AppLoadError(loaded.complaint);
}

/** What is said of a file that is no app, and never listens. */
async function failureOf(specifier: string, options: LoadOptions = {}): Promise<string> {
  try {
    await load(specifier, options);
  } catch (error) {
    assert.ok(error instanceof AppLoadError, String(error));
    assert.equal(error.exitCode, 3);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${specifier} was loaded` });
}

write('package.json', '{ "type": "module" }');

const LOADED: ReadonlyArray<readonly [string, string, string, string]> = [
  [
    'object.ts',
    'export default { fetch(request: Request) { return new Response(request.url); } };',
    'default',
    'fetch object',
  ],
  ['function.ts', 'export default () => new Response();', 'default', 'fetch function'],
  ['generator.ts', 'export default function* () {}', 'default', 'fetch function'],
  ['method.ts', 'class App { fetch() {} }\nexport default new App();', 'default', 'fetch object'],
  ['static.ts', 'export default class { static fetch() {} }', 'default', 'fetch object'],
  ['callable.ts', 'export default Object.assign(() => {}, { fetch() {} });', 'default', 'fetch object'],
  ['promise.ts', 'export default Promise.resolve(() => new Response());', 'default', 'fetch function'],
  ['module.ts', 'export function fetch() {}', 'fetch', 'fetch object'],
  ['common.cjs', 'module.exports = { fetch() {} };', 'default', 'fetch object'],
  [
    'compiled.cjs',
    'exports.__esModule = true; exports.default = () => new Response();',
    'default',
    'fetch function',
  ],
];

for (const [name, text, exportName, shape] of LOADED) {
  test(`${name} is loaded as a ${shape}`, async () => {
    const loaded = await load(write(name, text));
    assert.equal(loaded.exportName, exportName);
    assert.equal(loaded.shape.name, shape);
    assert.equal(loaded.file, join(directory, name));
  });
}

test('an export is chosen by its name', async () => {
  write('named.ts', 'export const admin = (request) => "admin"; export default () => "main";');
  const { servable, exportName } = await load('named.ts:admin');
  assert.equal((servable as unknown as { handler: () => string }).handler(), 'admin');
  assert.equal(exportName, 'admin');
});

test('an export of CommonJS is found though it is not in the text', async () => {
  write('computed.cjs', "module.exports = Object.fromEntries([['admin', { fetch() {} }]]);");
  assert.equal((await load('computed.cjs:admin')).shape.name, 'fetch object');
});

test('a colon may be part of the file name', async () => {
  write('with:colon.ts', 'export default () => new Response();');
  assert.equal((await load('with:colon.ts')).file, join(directory, 'with:colon.ts'));
});

test('a file that is not there: the likely ones are named', async () => {
  write('server.ts', 'export default () => {};');
  assert.match(
    await failureOf('sever.ts'),
    /^there is no file sever.ts in .*\n {2}Did you mean server.ts\?$/,
  );
  assert.match(await failureOf('server'), /Did you mean server.ts\?/);
  assert.match(await failureOf('server.js'), /Did you mean server.ts\?/);
  assert.match(await failureOf('zzzzzzzz.ts'), /^there is no file zzzzzzzz.ts in \S+$/);
  assert.match(await failureOf('nowhere/app.ts'), /^there is no file nowhere\/app.ts/);
});

test('a directory is no app, but the program in it may be', async () => {
  mkdirSync(join(directory, 'site'));
  writeFileSync(join(directory, 'site', 'a.ts'), '');
  writeFileSync(join(directory, 'site', 'app.ts'), '');
  mkdirSync(join(directory, 'empty'));
  assert.match(await failureOf('site'), /is a directory\n.*perhaps site\/app.ts/);
  assert.match(await failureOf('empty'), /there is none in it/);
});

test('a file that Node does not import is refused by its extension', async () => {
  assert.match(await failureOf(write('page.tsx', '')), /page.tsx is not a program that Node imports/);
});

test('without a usable export, the exports and what an app is are listed', async () => {
  write('none.ts', 'export const port = 1; export const handler = () => {}; export class Thing {}');
  const message = await failureOf('none.ts');
  assert.match(message, /^none.ts has no default export$/m);
  assert.match(message, /Did you mean none.ts:handler\?/);
  assert.match(message, /It exports .*Thing \(a class\), handler \(a function\), port \(a number\)\./);
  assert.match(message, /an object with a fetch method/);
  assert.match(message, /a function: /);
});

test('a named export that is not there: the likely one is named', async () => {
  write('slip.ts', 'export const admin = () => {};');
  assert.match(
    await failureOf('slip.ts:admim'),
    /^slip.ts has no export admim\n {2}Did you mean slip.ts:admin\?/,
  );
});

test('an export that is no app is described', async () => {
  assert.match(
    await failureOf(write('text.ts', 'export default "app";')),
    /the default export of text.ts is a string, not an app/,
  );
  assert.match(
    await failureOf(write('klass.ts', 'export default class {}')),
    /is a class, not an app: export an instance of it/,
  );
  assert.match(await failureOf(write('null.ts', 'export default null;')), /is null, not an app/);
  assert.match(await failureOf(write('blank.ts', 'export {};')), /It exports nothing\./);
  assert.match(await failureOf(write('other.ts', 'export const x = {};')), /has no default export/);
  assert.match(await failureOf('other.ts:x'), /the export x of other.ts is an object, not an app/);
});

// ── Factories ────────────────────────────────────────────────────────────────────────────────────────────────────

const FACTORIES: ReadonlyArray<readonly [file: string, text: string, shape: string]> = [
  ['makes-fetch.ts', 'export default () => ({ fetch() {} });', 'fetch object'],
  ['makes-late.ts', 'export default async () => ({ fetch() {} });', 'fetch object'],
  ['makes-listener.ts', 'export default () => (req, res) => res.end();', 'listener'],
  [
    'makes-hono.ts',
    'class Hono { fetch() {} get() {} }\nexport default () => { const app = new Hono(); app.get("/", () => new Response("x")); return app; };',
    'fetch object',
  ],
  [
    'answers.ts',
    'export default async () => { const answer = Response.json({}); return answer; };',
    'fetch function',
  ],
  ['drives.ts', 'function* run() {}\nexport default () => run();', 'fetch function'],
];

for (const [name, text, shape] of FACTORIES) {
  test(`${name}: a function without parameters comes to a ${shape}`, async () => {
    assert.equal((await load(write(name, text))).shape.name, shape);
  });
}

test('a handler that ignores its request is not called before there is one', async () => {
  write(
    'counts.ts',
    'let calls = 0;\nexport default () => { calls++; return new Response("call " + calls); };',
  );
  const { servable } = await load('counts.ts');
  const { handler } = servable as unknown as { handler: () => Response };
  assert.equal(await handler().text(), 'call 1');
});

test('with --interface fetch no function is called', async () => {
  write('quiet.ts', 'export default () => { throw new Error("called"); };');
  assert.equal((await load('quiet.ts', { interface: 'fetch' })).shape.name, 'fetch function');
  assert.match(await failureOf('quiet.ts'), /^quiet.ts did not load\n {2}Error: called\n/);
});

test('a factory that returns something else is told what it should', async () => {
  const message = await failureOf(write('makes-text.ts', 'export default () => "app";'));
  assert.match(message, /^the export default is a function that returned a string\n/);
  assert.match(message, /--interface fetch/);
});

// ── Interfaces ───────────────────────────────────────────────────────────────────────────────────────────────────

test('who names an interface gets it, or is told what there is instead', async () => {
  write('koa-like.ts', 'export default { callback: () => () => {}, use() {} };');
  assert.match(
    await failureOf('koa-like.ts', { interface: 'fetch' }),
    /^the default export of koa-like.ts is no fetch app: it looks like one for --interface node \(Koa app\)$/m,
  );
  write('two.ts', 'export default (a, b) => new Response();');
  assert.equal((await load('two.ts')).shape.name, 'fetch function');
  assert.equal((await load('two.ts', { interface: 'node' })).shape.name, 'listener');
});

test('a server of https is no app: what to do is said', async () => {
  write('tls.ts', "import https from 'node:https';\nexport default https.createServer();");
  assert.match(
    await failureOf('tls.ts'),
    /is an object, not an app: there is no TLS .* put a proxy in front/,
  );
});

test('a plugin of Fastify is no app, and what runs it is named', async () => {
  write('plugin.ts', 'export default async function (fastify, opts) { fastify.register(() => {}); }');
  assert.match(
    await failureOf('plugin.ts'),
    /it looks like a plugin of Fastify: .*siskin\/register.*fastify start/,
  );
});

test('a middleware is no app', async () => {
  write('middleware.ts', 'export default async (context, next) => { await next(); };');
  assert.match(await failureOf('middleware.ts'), /is a function, not an app: it looks like a middleware/);
});

test('a file that listens by itself is a program, whatever it exports', async () => {
  write('listens.ts', 'export default { fetch() {} };');
  const loaded = await loadApp('listens.ts', directory, { listens: () => true });
  assert.deepEqual([loaded.kind, loaded.kind === 'program' && loaded.exportsApp], ['program', true]);
  const named = await loadApp('listens.ts:default', directory, { listens: () => true });
  assert.equal(named.kind, 'app');
  const asked = await loadApp('listens.ts', directory, { interface: 'program' });
  assert.equal(asked.kind, 'program');
});
