// An `http.Server` around a listener that somebody exports. Its errors are answered: Node would end the process for a
// promise that is rejected, though only one request is concerned.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { failAnswer } from '../app/index.ts';
import type { Logger } from '../server/index.ts';
import type { Listener } from './app-shapes.ts';

/** `passNext`: the listener is a middleware, and gets a function to call for requests that it has no answer to. */
export function serverOf(listener: Listener, log: Logger, passNext = false): Server {
  const fail = (response: ServerResponse, error: unknown): void => {
    if (!failAnswer(response, error)) log.error({ err: error }, 'the app failed after its answer');
  };
  return createServer((request, response) => {
    const next = (error?: unknown): void => {
      if (error !== undefined && error !== null) fail(response, error);
      else notFound(response);
    };
    const result = passNext ? listener(request, response, next) : listener(request, response);
    if (isPromise(result)) result.then(undefined, (error: unknown) => fail(response, error));
  });
}

function notFound(response: ServerResponse): void {
  if (response.headersSent) return;
  response.statusCode = 404;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end('Not Found\n');
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
