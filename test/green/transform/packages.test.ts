// Code that others wrote, transformed: it parses, it loads, and it does what it did, plain and as twins that wait.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import vm from 'node:vm';
import { type Node, parse } from 'acorn';
import { transform } from '../../../src/green/transform/index.ts';
import { twinOf } from '../../../src/green/twin.ts';
import { greenRequire, installBuiltins, makeWait, Pending, start } from './harness.ts';

installBuiltins();

const packages = join(import.meta.dirname, '../../../node_modules');

/** Packages, and how large the text may become: a twin for each function, two for a function within one. */
const SIZES: readonly [name: string, pattern: string, most: number][] = [
  ['express', 'express/{index,lib/*}.js', 2.6],
  ['router', 'router/{index,lib/*}.js', 3.1],
  ['connect', 'connect/index.js', 3.1],
  ['koa', '{koa/lib/*,koa-compose/*,@koa/router/dist/index}.js', 2.4],
  ['hono', 'hono/dist/{*,router/*/*}.js', 3.2],
  ['zod', 'zod/v4/core/{parse,schemas,util,registries}.cjs', 3.3],
  ['fastify', 'fastify/lib/{route,reply,hooks}.js', 4.6],
  ['ajv', 'ajv/dist/compile/**/*.js', 3.8],
  ['rxjs', 'rxjs/dist/cjs/internal/{Observable,Subscriber,Subject}.js', 3.5],
];

describe('the transformer', () => {
  for (const [name, pattern, most] of SIZES) {
    it(`makes modules of ${name} that compile, with as many lines, of at most ${most} times the size`, () => {
      let before = 0;
      let after = 0;
      for (const file of globSync(pattern, { cwd: packages })) {
        const source = readFileSync(join(packages, file), 'utf8');
        const format = /^(import|export)\b/m.test(source) ? 'module' : 'commonjs';
        const code = transform(source, { url: file, format, enter: ['next'] })?.code ?? source;
        before += source.length;
        after += code.length;
        assert.equal(code.split('\n').length, source.split('\n').length, file);
        if (format === 'commonjs')
          vm.compileFunction(code, ['module', 'exports', 'require'], { filename: file });
        else parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
      }
      assert.ok(before > 0, 'there are files');
      assert.ok(after / before < most, `${(after / before).toFixed(2)} times the size`);
    });
  }

  it('leaves acorn parsing as it did: plain, as a twin, and as a twin that waits at every token', async () => {
    let waits = 0;
    const wait = makeWait(() => {
      waits += 1;
      return waits % 7 === 0 ? 1 : 0;
    });
    const green = greenRequire(import.meta.filename, /acorn/, { wait });
    const acorn = green('acorn') as typeof import('acorn');
    const plugin = `exports.extend = (acorn, wait) => acorn.Parser.extend((Parser) => class extends Parser {
      nextToken() { wait(); return super.nextToken(); }
    });
    exports.parse = (Parser, text, options) => Parser.parse(text, options);`;
    const exports = {} as Record<string, (...args: unknown[]) => unknown>;
    const { code } = transform(plugin, { url: 'plugin.js', format: 'commonjs' })!;
    vm.compileFunction(code, ['exports'])(exports);
    const Parser = exports['extend']!(acorn, wait);
    const source = readFileSync(join(packages, 'router/lib/layer.js'), 'utf8');
    const options = { ecmaVersion: 'latest', sourceType: 'script' } as const;
    const expected = shapeOf(parse(source, options));
    assert.deepEqual(shapeOf(acorn.parse(source, options)), expected);
    const twin = twinOf(exports['parse']);
    const pending = start(twin!.call(undefined, Parser, source, options));
    assert.ok(pending instanceof Pending, 'waits');
    assert.deepEqual(shapeOf((await pending.promise) as Node), expected);
    assert.ok(waits > 400, `${waits} waits`);
  });

  it('lets an Express app wait in middleware, handlers and error handlers', async () => {
    for (const version of ['express', 'express4']) {
      const wait = makeWait(() => 1);
      const green = greenRequire(import.meta.filename, /node_modules\/(express4?|router)\//);
      const express: unknown = green(version);
      const source = `exports.make = (express, wait, note) => {
        const app = express();
        app.use((req, res, next) => { wait(); note('before'); next(); note('after'); });
        const router = express.Router({ mergeParams: true });
        router.param('id', (req, res, next, id) => { req.id = wait(id); next(); });
        router.get('/:id', (req, res, next) => { wait(); next(); }, (req, res) => { res.json({ id: req.id, x: wait(1) }); });
        app.use('/r', router);
        app.get('/fails', () => { wait(); throw new Error('failed'); });
        app.use((error, req, res, next) => { wait(); res.status(500).send(wait(error.message)); });
        return app;
      };`;
      const exports = {} as Record<string, (...args: unknown[]) => unknown>;
      vm.compileFunction(transform(source, { url: 'app.js', format: 'commonjs' })!.code, ['exports'])(
        exports,
      );
      const notes: unknown[] = [];
      const app = exports['make']!(express, wait, (text: unknown) => void notes.push(text)) as never;
      const server = createServer((request, response) => {
        start(twinOf(app)!.call(undefined, request, response));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const bodies = await Promise.all(
        ['/r/7', '/fails'].map(async (path) => {
          const answer = await fetch(`http://127.0.0.1:${port}${path}`);
          return [answer.status, await answer.text()];
        }),
      );
      server.closeAllConnections();
      server.close();
      assert.deepEqual(bodies, [
        [200, '{"id":"7","x":1}'],
        [500, 'failed'],
      ]);
      assert.deepEqual(notes.toSorted(), ['after', 'after', 'before', 'before'], version);
    }
  });

  it('leaves zod validating as it did, plain and as twins', async () => {
    const green = greenRequire(import.meta.filename, /node_modules\/zod\//);
    const source = `exports.run = (z, wait) => {
      const user = z.object({
        name: z.string().min(2).refine((text) => wait(text) !== 'nobody', 'is nobody'),
        age: z.coerce.number().int().positive().optional(),
        tags: z.array(z.enum(['a', 'b'])).default([]),
      }).transform((value) => ({ ...value, name: wait(value.name).trim() }));
      return [{ name: 'ann', age: '3' }, { name: 'nobody' }, { name: 'x', tags: ['c'] }, null].map((input) => {
        const result = user.safeParse(input);
        return result.success ? result.data : result.error.issues.map(({ path, message }) => [path.join('.'), message]);
      });
    };`;
    const run = (code: string): ((...args: unknown[]) => unknown) => {
      const exports = {} as { run: (...args: unknown[]) => unknown };
      vm.compileFunction(code, ['exports'])(exports);
      return exports.run;
    };
    const expected = [
      { name: 'ann', age: 3, tags: [] },
      [['name', 'is nobody']],
      [
        ['name', 'Too small: expected string to have >=2 characters'],
        ['tags.0', 'Invalid option: expected one of "a"|"b"'],
      ],
      [['', 'Invalid input: expected object, received null']],
    ];
    const wait = makeWait(() => 1);
    const greenRun = run(transform(source, { url: 'app.js', format: 'commonjs' })!.code);
    assert.deepEqual(greenRun(green('zod'), wait), expected);
    const pending = start(twinOf(greenRun)!.call(undefined, green('zod'), wait));
    assert.ok(pending instanceof Pending, 'waits');
    assert.deepEqual(await pending.promise, expected);
  });
});

function shapeOf(program: unknown): unknown {
  return JSON.parse(JSON.stringify(program));
}
