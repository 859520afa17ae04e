// The light classes of fetch, put in place before an app is loaded: a class of its own that extends Request or Response
// extends those that the server speaks. Not where the app is seen to be one for `node:http`, which does without the 40 ms
// and 7 MB that they take. A wrong guess costs a fetch handler speed where its file keeps a class of the platform's, or extends
// one, and nothing else: the classes come when the handler is served.

import { readFileSync } from 'node:fs';
import { fetchInterface } from '../app/index.ts';
import type { Settings } from '../config/index.ts';

/** An import, or a `require`, of what apps for `node:http` are made with. */
const FRAMEWORK =
  /\b(?:from|import|require)\b[\s(]*['"](?:express|koa|fastify|connect|restify|polka|@nestjs\/core|@hapi\/hapi)['"]/;
const NODE_HTTP = /\b(?:from|import|require)\b[\s(]*['"](?:node:)?http['"]/;

/** `path`: the app's file. `wanted`: what `--interface` says. */
export async function prepareFetch(path: string, wanted: Settings['interface']): Promise<void> {
  if (mayUseFetch(path, wanted)) (await fetchInterface()).installFetchGlobals();
}

export function mayUseFetch(path: string, wanted: Settings['interface']): boolean {
  if (wanted !== 'auto') return wanted === 'fetch';
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch {
    // A folder, or nothing: whoever loads it says so.
    return true;
  }
  return !FRAMEWORK.test(source) && !(NODE_HTTP.test(source) && source.includes('createServer'));
}
