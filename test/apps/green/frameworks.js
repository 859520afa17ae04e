// Synchronous handlers in every framework, one of them a prefix: each asks the API of the test, which answers when enough
// others ask, too. What blocks is never answered.

import { createServer } from 'node:http';
import connect from 'connect';
import cors from 'cors';
import express from 'express';
import session from 'express-session';
import express4 from 'express4';
import helmet from 'helmet';
import Koa from 'koa';
import { fetchSync } from '../../../src/blocking/index.ts';

/** What every handler does; it knows nothing of how it is called. */
function meet(prefix) {
  const answer = fetchSync(`${process.env.API}/${prefix}`);
  if (!answer.ok) throw new Error(`the API says ${answer.status}`);
  return answer.text();
}

/** The same for both releases of Express. */
function withRoutes(make, prefix) {
  const app = make();
  // Not green, and given a `next`: at once, and after something of their own.
  app.use(cors(), helmet(), session({ secret: 'x', resave: false, saveUninitialized: false }), make.json());
  app.use((request, _response, next) => {
    request.steps = ['before'];
    next();
  });
  const router = make.Router();
  router.all('/meet', (request, response) => {
    const said = meet(prefix);
    request.steps.push('met');
    response.json({ said, body: request.body ?? {}, steps: request.steps });
  });
  router.param('id', (request, _response, next, id) => {
    request.loaded = `${id} ${meet(`${prefix}-param`)}`;
    next();
  });
  router.get('/items/:id', (request, response) => response.send(request.loaded));
  router.get('/throws', () => {
    meet(`${prefix}-throws`);
    throw new RangeError('thrown behind a wait');
  });
  app.use(`/${prefix}`, router);
  app.use((error, _request, response, _next) => {
    response.status(500).send(`${error.name}: ${error.message}, ${meet(`${prefix}-handler`)}`);
  });
  return app;
}

function connectApp() {
  const app = connect();
  app.use(helmet());
  app.use('/connect/meet', (_request, response) => response.end(meet('connect')));
  return app;
}

function koaApp() {
  const app = new Koa();
  app.use(async (context, next) => {
    await next();
    context.set('x-behind', 'yes');
  });
  app.use((context) => {
    context.body = meet('koa');
  });
  return app.callback();
}

class Plain {
  #prefix = 'plain';

  handle(_request, response) {
    const parts = ['a', 'b'].map((part) => `${part} ${this.#meet()}`);
    response.end(parts.join(', '));
  }

  #meet() {
    return meet(this.#prefix);
  }
}

const plain = new Plain();
const APPS = {
  express: withRoutes(express, 'express'),
  express4: withRoutes(express4, 'express4'),
  connect: connectApp(),
  koa: koaApp(),
  plain: plain.handle.bind(plain),
};

createServer((request, response) => {
  const [, prefix] = request.url.split('/');
  APPS[prefix](request, response);
}).listen(0, '127.0.0.1');
