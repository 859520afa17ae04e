// Packages that stay plain, as far as their text tells: whether something would be gained if they were green. A hint, no proof.

import { BUILT_IN_DRIVERS } from '../drivers/index.ts';

/** Frameworks and routers that call an app's handlers, and whose code is not known to work green. */
const CALLERS: ReadonlySet<string> = new Set([
  '@apollo/server',
  '@feathersjs/feathers',
  '@hapi/hapi',
  '@koa/multer',
  '@nestjs/core',
  '@trpc/server',
  'apollo-server',
  'elysia',
  'express-async-handler',
  'express-ws',
  'fastify',
  'find-my-way',
  'graphql',
  'h3',
  'itty-router',
  'koa-router',
  'passport',
  'polka',
  'restify',
  'sails',
  'socket.io',
]);

/** Calls that suspend where they are made by green code; small reads of files never do, and are in every package. */
const BLOCKING =
  /(?<![\w$])(?:execSync|execFileSync|spawnSync|pbkdf2Sync|scryptSync|generateKeyPairSync|generatePrimeSync|(?:de|in)flateSync|g(?:un)?zipSync|brotli(?:Dec|C)ompressSync|fetchSync|sleepSync|Atomics\.wait)(?=\s*\()/;

/** A use of what `BLOCKING` names needs one of these to come from. */
const SOURCES = /['"](?:node:)?(?:child_process|crypto|zlib)['"]|['"]siskin\/blocking['"]|Atomics\.wait\s*\(/;

/** The blocking call in a module's text; `undefined`: none that could be seen. */
export function blockingCallIn(source: string): string | undefined {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  return SOURCES.test(code) ? BLOCKING.exec(code)?.[0] : undefined;
}

export function callsHandlers(name: string): boolean {
  return CALLERS.has(name);
}

/** The drivers that `loaded` packages have, but for those that are enabled. */
export function missingDrivers(loaded: ReadonlySet<string>, enabled: readonly string[]): string[] {
  return BUILT_IN_DRIVERS.filter((name) => loaded.has(name) && !enabled.includes(name));
}

export function hasDriver(name: string): boolean {
  return BUILT_IN_DRIVERS.includes(name);
}
