// Who is measured: a table of servers, each with the command that starts it. One that isn't installed says so in
// `absent` and is left out of the tables, not failed.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LARGE } from './apps/bodies.ts';
import { answerBytes, type Case } from './cases.ts';
import { nginxConfiguration } from './peers/nginx.ts';
import { findTool, requireTools } from './tools.ts';

/** What a server is started for. */
export interface Place {
  readonly port: number;
  readonly case: Case;
  /** A folder for its files, removed at the end. */
  readonly scratch: string;
}

export interface Server {
  readonly name: string;
  readonly title: string;
  /** The program and its arguments. Writes into `scratch` what the program reads. */
  command(place: Place): readonly string[];
  /** The version in the report. */
  version(): string;
  /** Why it can't be measured here, if it can't. */
  absent(): string | undefined;
  /** The cases that it can answer; all where not given. */
  readonly cases?: readonly string[];
}

const BENCH = import.meta.dirname;
const ROOT = join(BENCH, '..');
const NODE = [process.execPath, '--expose-gc'];
const STATIC_CASES = ['hello', 'browser', 'large', 'pipeline', 'close', 'idle'];

const inBench = (...path: readonly string[]) => join(BENCH, ...path);
const packageFolder = (name: string) => inBench('node_modules', name);

export const SERVERS: readonly Server[] = [
  {
    name: 'c',
    title: 'C, epoll, parses nothing',
    command: ({ port, case: it, scratch }) => {
      const answer = join(scratch, `${it.name}.answer`);
      writeFileSync(answer, answerBytes(it));
      return [compileBaseline(scratch), String(port), answer, it.headers['Connection'] ?? 'keep-alive'];
    },
    version: () => `gcc ${execFileSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).trim()} -O2`,
    absent: () => {
      requireTools('gcc');
      return undefined;
    },
  },
  {
    name: 'siskin',
    title: 'Siskin',
    command: ({ port, case: it }) => siskinCommand(port, it),
    version: () => packageVersion(ROOT),
    absent: () => (existsSync(join(ROOT, 'src/cli/main.ts')) ? undefined : 'src/cli/main.ts does not exist'),
  },
  {
    name: 'siskin-node',
    title: 'the program for node:http, on Siskin',
    command: ({ port }) => [
      ...[...NODE, '--import', join(ROOT, 'src/cli/register.ts')],
      ...[inBench('peers/node.ts'), String(port)],
    ],
    version: () => packageVersion(ROOT),
    absent: () => undefined,
  },
  {
    name: 'node',
    title: 'node:http',
    command: ({ port }) => [...NODE, inBench('peers/node.ts'), String(port)],
    version: () => process.version.slice(1),
    absent: () => undefined,
  },
  npmPeer('fastify', 'Fastify on node:http', 'fastify', ({ port }) => [
    ...NODE,
    inBench('peers/fastify.js'),
    String(port),
  ]),
  npmPeer('hono', 'Hono on @hono/node-server', '@hono/node-server', ({ port }) => [
    ...NODE,
    inBench('peers/hono.js'),
    String(port),
  ]),
  npmPeer('bun', 'Bun.serve', 'bun', ({ port, case: it }) => [
    runtimeBinary('bun')!,
    inBench('peers/bun.js'),
    String(port),
    it.app,
  ]),
  npmPeer('deno', 'Deno.serve', 'deno', ({ port, case: it }) => [
    ...[runtimeBinary('deno')!, 'run', '--allow-all', '--no-check', '--v8-flags=--expose-gc'],
    ...[inBench('peers/deno.js'), String(port), it.app],
  ]),
  {
    name: 'nginx',
    title: 'nginx, one worker',
    command: ({ port, scratch }) => {
      writeFileSync(join(scratch, 'large'), LARGE);
      writeFileSync(join(scratch, 'nginx.conf'), nginxConfiguration(port, scratch));
      return [findTool('nginx')!, '-p', scratch, '-e', 'stderr', '-c', join(scratch, 'nginx.conf')];
    },
    version: () =>
      execFileSync('sh', ['-c', '"$0" -v 2>&1', findTool('nginx')!], { encoding: 'utf8' })
        .split('/')[1]!
        .trim(),
    absent: () => (findTool('nginx') === undefined ? 'not installed (Debian: nginx-light)' : undefined),
    cases: STATIC_CASES,
  },
];

/** Flags for what the defaults rightly refuse: the idle case asks for the memory on a connection beside the 10,000. */
const SISKIN_FLAGS: Readonly<Record<string, readonly string[]>> = {
  idle: ['--max-connections', '12000'],
  sink: ['--limit-request-body', '8G'],
};

function siskinCommand(port: number, it: Case): readonly string[] {
  const serve = ['serve', inBench('apps', `${it.app}.ts`), '--bind', `127.0.0.1:${port}`];
  return [...NODE, join(ROOT, 'src/cli/main.ts'), ...serve, ...(SISKIN_FLAGS[it.name] ?? [])];
}

function npmPeer(name: string, title: string, packageName: string, command: Server['command']): Server {
  const runtime = name === 'bun' || name === 'deno';
  return {
    name,
    title,
    command,
    version: () => packageVersion(packageFolder(packageName)),
    absent: () => {
      const missing =
        !existsSync(packageFolder(packageName)) || (runtime && runtimeBinary(name) === undefined);
      return missing ? 'not installed (npm run bench -- --install)' : undefined;
    },
  };
}

/** Bun and Deno come as npm packages whose binary is in an optional package for each platform. */
function runtimeBinary(name: 'bun' | 'deno'): string | undefined {
  const arch = process.arch === 'arm64' ? { bun: 'aarch64', deno: 'arm64' } : { bun: 'x64', deno: 'x64' };
  const path =
    name === 'bun'
      ? join(packageFolder(`@oven/bun-linux-${arch.bun}`), 'bin/bun')
      : join(packageFolder(`@deno/linux-${arch.deno}-glibc`), 'deno');
  return existsSync(path) ? path : undefined;
}

function packageVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function compileBaseline(scratch: string): string {
  const binary = join(scratch, 'epoll');
  if (!existsSync(binary)) execFileSync('gcc', ['-O2', '-o', binary, inBench('baseline/epoll.c')]);
  return binary;
}
