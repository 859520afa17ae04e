// A bare listener `(req, res)` as a server whose failures are answered: on Node, one that throws ends the process, and an
// async one that rejects leaves its client waiting until it does.

import { createServer, type RequestListener, type Server } from 'node:http';
import { fail, type NodeResponse } from './response.ts';

/**
 * A server that calls `listener`. What it throws, or its promise rejects with, is logged and answered with 500, or cuts the
 * answer that has begun.
 */
export function listenerServer(listener: RequestListener): Server {
  return createServer((request, response) => {
    const result = listener(request, response) as unknown;
    if (typeof result !== 'object' || result === null || !('then' in result)) return;
    Promise.resolve(result).catch((error: unknown) => fail(response as unknown as NodeResponse, error));
  });
}
