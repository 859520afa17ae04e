// What may be exported as an app: one row for each shape, told by what it has. `load-app.ts` takes the first row that
// matches, has it made ready, and lists the rows when none does.

import { Server as HttpServer, type RequestListener } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Fetcher, FetchHandler } from '../app/index.ts';
import { classify } from './signature.ts';

/** A listener, and where it is a middleware, what it calls for a request that it leaves. */
export type Listener = (
  ...args: [...Parameters<RequestListener>, next?: (error?: unknown) => void]
) => unknown;

/** An app that is ready to be served. */
export type Servable =
  | { readonly kind: 'fetch'; readonly handler: Fetcher | FetchHandler }
  | { readonly kind: 'listener'; readonly listener: Listener; readonly passNext?: boolean }
  | { readonly kind: 'server'; readonly server: HttpServer; readonly release?: Release };

/** What the app does at its end, when its server has stopped: database pools are closed in it. */
export type Release = () => Promise<unknown>;

export interface AppShape {
  readonly name: string;
  readonly interface: 'fetch' | 'node' | 'factory';
  /** For people who exported something else. Absent for what needs no explanation. */
  readonly description?: string;
  matches(value: unknown): boolean;
  /** Called once, for what matches. Waits until the app is ready. A factory has none: what it returns is looked at anew. */
  prepare?(value: unknown): Servable | Promise<Servable>;
}

/** Any object, or function with properties. */
type Shape = Readonly<Record<string, unknown>> & ((...args: never[]) => unknown);

const methods =
  (...names: string[]) =>
  (value: unknown): boolean =>
    isObject(value) && names.every((name) => typeof value[name] === 'function');

const FETCH_OBJECT: AppShape = {
  name: 'fetch object',
  interface: 'fetch',
  description:
    'an object with a fetch method: { fetch(request, info) { return new Response() } } (Hono, Elysia, h3)',
  matches: methods('fetch'),
  prepare: (value) => ({ kind: 'fetch', handler: value as Fetcher }),
};

const FETCH_FUNCTION: AppShape = {
  name: 'fetch function',
  interface: 'fetch',
  description: 'a function: (request, info) => new Response()',
  matches: (value) => typeof value === 'function' && classify(value as Shape) === 'fetch',
  prepare: (value) => ({ kind: 'fetch', handler: value as FetchHandler }),
};

const LISTENER: AppShape = {
  name: 'listener',
  interface: 'node',
  description: "a listener of node:http: (req, res) => res.end('Hello!')",
  matches: (value) => typeof value === 'function' && classify(value as Shape) === 'node',
  prepare: (value) => asListener(value as Listener, (value as Listener).length >= 3),
};

const FACTORY: AppShape = {
  name: 'factory',
  interface: 'factory',
  description: 'a function without parameters that returns one of these, or a promise of it',
  matches: (value) => typeof value === 'function' && classify(value as Shape) === 'nullary',
};

/** Frameworks of `node:http`, and what they are made on. */
const NODE_OBJECTS: readonly AppShape[] = [
  {
    name: 'http.Server',
    interface: 'node',
    description: 'an http.Server: http.createServer(...), listening or not',
    matches: (value) => value instanceof HttpServer,
    prepare: (value) => asServer(value as HttpServer),
  },
  {
    name: 'Nest application',
    interface: 'node',
    description: 'an app of Express, Koa, Fastify, Nest, connect, Polka, restify or hapi',
    matches: methods('getHttpAdapter', 'getHttpServer', 'init'),
    async prepare(value) {
      const app = value as {
        init(): Promise<unknown>;
        close?(): Promise<unknown>;
        getHttpServer(): unknown;
        getHttpAdapter(): { getInstance?(): unknown };
      };
      await app.init();
      const framework = app.getHttpAdapter().getInstance?.();
      if (isObject(framework) && !isListener(framework) && typeof framework['ready'] === 'function') {
        await (framework as unknown as { ready(): Promise<unknown> }).ready();
      }
      return asServer(app.getHttpServer(), async () => app.close?.());
    },
  },
  {
    name: 'Fastify instance',
    interface: 'node',
    matches: methods('ready', 'routing', 'listen'),
    async prepare(value) {
      const app = value as {
        ready(): Promise<unknown>;
        close?(): Promise<unknown>;
        routing: Listener;
        server: unknown;
      };
      await app.ready();
      return app.server instanceof NetServer
        ? asServer(app.server, async () => app.close?.())
        : asListener(app.routing);
    },
  },
];

const NODE_APPS: readonly AppShape[] = [
  {
    name: 'Koa app',
    interface: 'node',
    matches: methods('callback', 'use'),
    prepare: (value) => asListener((value as { callback(): Listener }).callback()),
  },
  {
    name: 'Express or connect app',
    interface: 'node',
    matches: (value) => isListener(value) && methods('handle', 'use', 'listen')(value),
    prepare: (value) => asListener(value as Listener),
  },
  {
    name: 'router',
    interface: 'node',
    matches: (value) => isListener(value) && methods('handle', 'use')(value),
    prepare: (value) => asListener(value as Listener, true),
  },
  {
    name: 'hapi server',
    interface: 'node',
    matches: (value) =>
      methods('initialize', 'route')(value) && (value as Shape)['listener'] instanceof NetServer,
    async prepare(value) {
      const app = value as { initialize(): Promise<unknown>; stop?(): Promise<unknown>; listener: unknown };
      await app.initialize();
      return asServer(app.listener, async () => app.stop?.());
    },
  },
  {
    name: 'restify server',
    interface: 'node',
    matches: (value) => methods('use', 'listen')(value) && (value as Shape)['server'] instanceof NetServer,
    prepare: (value) => asServer((value as { server: unknown }).server),
  },
  {
    name: 'Polka app',
    interface: 'node',
    matches: methods('handler', 'use', 'listen'),
    prepare: (value) => {
      const app = value as { handler: Listener };
      return asListener((req, res) => app.handler(req, res));
    },
  },
];

/** In the order in which they are looked for. Frameworks first: some are functions, and some have a `fetch` as well. */
export const APP_SHAPES: readonly AppShape[] = [
  ...NODE_OBJECTS,
  FETCH_OBJECT,
  ...NODE_APPS,
  FETCH_FUNCTION,
  LISTENER,
  FACTORY,
];

/** A function is what the person says it is, whatever it looks like. */
const isFunction = (value: unknown): boolean => typeof value === 'function' && !isClass(value);

const CHOICES: Readonly<Record<'auto' | 'fetch' | 'node', readonly AppShape[]>> = {
  auto: APP_SHAPES,
  fetch: [FETCH_OBJECT, { ...FETCH_FUNCTION, matches: isFunction }],
  node: [
    ...NODE_OBJECTS,
    ...NODE_APPS,
    FACTORY,
    { ...LISTENER, matches: (value) => isFunction(value) && !FACTORY.matches(value) },
  ],
};

/** The shape of `value`, if it has one that is asked for. */
export function shapeOf(value: unknown, wanted: keyof typeof CHOICES): AppShape | undefined {
  return CHOICES[wanted].find((shape) => shape.matches(value));
}

/** Why something that looks like an app is none. */
export function whyNot(value: unknown): string | undefined {
  if (typeof value === 'function') {
    const callee = classify(value as Shape);
    if (callee === 'class') return 'export an instance of it';
    if (callee === 'plugin') return PLUGIN;
    return callee === 'middleware' ? 'it looks like a middleware: export the app that uses it' : undefined;
  }
  return value instanceof NetServer ? NO_TLS : undefined;
}

const PLUGIN =
  'it looks like a plugin of Fastify: export the app that registers it, or run what makes one: node --import siskin/register node_modules/.bin/fastify start app.js';

const NO_TLS =
  'there is no TLS and no HTTP/2 here: export the app itself, and put a proxy in front that speaks them';

/** The framework made it; it may have been told to speak TLS. */
function asServer(server: unknown, release?: Release): Servable {
  if (server instanceof HttpServer) return { kind: 'server', server, ...(release && { release }) };
  throw new Error(`the app has made a server of its own kind, and no http.Server: ${NO_TLS}`);
}

function asListener(listener: Listener, passNext = false): Servable {
  return { kind: 'listener', listener, passNext };
}

function isListener(value: unknown): boolean {
  return typeof value === 'function';
}

function isObject(value: unknown): value is Shape {
  return value !== null && (typeof value === 'object' || typeof value === 'function');
}

/** A class can't be called, so it is no handler, though its type says function. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && classify(value as Shape) === 'class';
}
