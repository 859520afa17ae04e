// What a function is, by its text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Callee, classify, ignoresRequest } from '../../src/worker/signature.ts';

/** A function as somebody writes it, with its names as they are. */
function evaluate(text: string): (...args: never[]) => unknown {
  return new Function(`return (${text});`)() as (...args: never[]) => unknown;
}

const CASES: ReadonlyArray<readonly [text: string, is: Callee]> = [
  ['(req, res) => res.end()', 'node'],
  ['async (request, response) => { response.end(); }', 'node'],
  ['function handler(req, res, next) {}', 'node'],
  ['(_req, _res) => {}', 'node'],
  ['(incoming, outgoing) => {}', 'node'],
  ['(req /* the (request) */, res = null) => {}', 'node'],
  ['({ url }, res) => res.end(url)', 'node'],
  ['(req, { end }, next) => {}', 'node'],
  ['(request, reply) => reply.send(1)', 'node'],
  ['(a, b) => { b.statusCode = 200; b.end(); }', 'node'],
  ['(e,t)=>{e.pipe(t)}', 'node'],
  ['(a, b) => other(a, b)', 'node'],
  ['(function (req, res) {}).bind(null)', 'node'],
  ['function (req, res, next, locals) {}', 'node'],
  ['(request) => new Response()', 'fetch'],
  ['request => new Response()', 'fetch'],
  ['async request => new Response()', 'fetch'],
  ['(request, info) => new Response()', 'fetch'],
  ['(req, env, ctx) => new Response()', 'fetch'],
  ['(request, { env }) => new Response()', 'fetch'],
  ['(request, [a, b]) => new Response()', 'fetch'],
  ['(a, b) => new Response(a.url)', 'fetch'],
  ['(a, b) => Response.json({ b })', 'fetch'],
  ['function* (request) {}', 'fetch'],
  ['function* () {}', 'fetch'],
  ['(...args) => other(...args)', 'fetch'],
  ['({ *run(request) {} }).run', 'fetch'],
  ['({ async handle(req, res) {} }).handle', 'node'],
  ['() => 1', 'nullary'],
  ['async function main() {}', 'nullary'],
  ['(context, next) => next()', 'middleware'],
  ['async function (fastify, opts) { fastify.register(x) }', 'plugin'],
  ['function (fastify, opts, done) { done() }', 'plugin'],
  ['class App {}', 'class'],
];

for (const [text, is] of CASES) {
  test(`${text} is taken for ${is}`, () => assert.equal(classify(evaluate(text)), is));
}

test('a function that makes a response and no app ignores its request', () => {
  for (const text of [
    '() => new Response("hi")',
    'async () => { const rows = await query(); return Response.json(rows); }',
    'function handler() {}',
    "() => fetch('http://upstream/')",
  ]) {
    assert.equal(ignoresRequest(evaluate(text)), true, text);
  }
});

test('a function that makes an app does not, though it has responses in it', () => {
  for (const text of [
    '() => createApp()',
    "() => { const app = new Hono(); app.get('/', () => new Response('hi')); return app; }",
    'async function main() { await listen(); }',
  ]) {
    assert.equal(ignoresRequest(evaluate(text)), false, text);
  }
});
