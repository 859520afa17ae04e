// `siskin/node`: `node:http`'s server side, on our engine. A program that imports `createServer` from here instead of from
// `node:http` is served by it; register.ts does the same for programs that are not to be edited.

import { Server as HttpServer, type RequestListener, type ServerOptions } from 'node:http';
import { intercept } from './intercept.ts';

/** As `http.Server`, which it is. */
export class Server extends HttpServer {}
intercept(Server.prototype);

/**
 * As `http.createServer`.
 *
 * @example createServer((req, res) => res.end('Hello!\n')).listen(3000)
 */
export function createServer(options?: ServerOptions | RequestListener, listener?: RequestListener): Server {
  return typeof options === 'function' ? new Server(options) : new Server(options ?? {}, listener);
}
