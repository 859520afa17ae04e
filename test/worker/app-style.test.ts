// The classes of fetch are put in place before an app is loaded, unless its file shows that it is one for `node:http`.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mayUseFetch } from '../../src/worker/app-style.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('app-style');

function look(source: string, wanted: Parameters<typeof mayUseFetch>[1] = 'auto'): boolean {
  write('app.ts', source);
  return mayUseFetch(join(directory, 'app.ts'), wanted);
}

for (const source of [
  "import express, { type Request, type Response } from 'express';",
  'const app = require("express")();',
  "const Koa = require( 'koa' );",
  "const { default: fastify } = await import('fastify');",
  "import { NestFactory } from '@nestjs/core';",
  "import { createServer } from 'node:http';",
  "require('http').createServer((req, res) => res.end());",
]) {
  test(`no fetch handler: ${source}`, () => assert.equal(look(source), false));
}

for (const source of [
  "export default { fetch: () => new Response('Hello') };",
  "import { Hono } from 'hono'; export default new Hono();",
  // It asks others by it.
  "import { request } from 'node:http'; export default () => new Response();",
  '// Moved here from express.\nexport default () => new Response();',
  "import { app } from './app.ts'; export default app;",
  '',
]) {
  test(`a fetch handler, perhaps: ${source}`, () => assert.equal(look(source), true));
}

test('what --interface says counts', () => {
  const handler = 'export default () => new Response();';
  assert.equal(look(handler, 'node'), false);
  assert.equal(look(handler, 'program'), false);
  assert.equal(look("import express from 'express';", 'fetch'), true);
});

test('a file that is not there may be anything', () => {
  assert.equal(mayUseFetch(join(directory, 'nothing.ts'), 'auto'), true);
});
