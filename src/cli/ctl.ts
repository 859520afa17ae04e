// `siskin ctl`: one question to an arbiter that runs, and its answer, for people or as JSON.

import { rmSync } from 'node:fs';
import process from 'node:process';
import { resolveSettings } from '../config/index.ts';
import { escapeControls } from '../log/index.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  controlSocketsFor,
  type Status,
  startDirectory,
  type WorkerStack,
  type WorkerStatus,
} from '../protocol/index.ts';
import { placeOf } from './configuration.ts';
import { loadConfiguration } from './configuration-process.ts';
import type { ControlOptions } from './control-commands.ts';
import { askArbiter, endArbiter, Unreachable } from './conversation.ts';
import { refuse } from './serve.ts';
import { table } from './table.ts';

const FAILURE = 1;

export async function statusCommand(options: ControlOptions): Promise<void> {
  await ask({ command: 'status' }, options, ({ status }) => describeStatus(status!));
}

export async function stacksCommand(options: ControlOptions): Promise<void> {
  await ask({ command: 'stacks' }, options, ({ stacks }) => printable(stacks!.map(describeStack).join('\n')));
}

export async function orderCommand(request: ControlRequest, options: ControlOptions): Promise<void> {
  await ask(request, options, ({ message }) => message ?? '');
}

/** Tells it to end. Waits for that, unless `--no-wait` is given. */
export async function endCommand(
  request: ControlRequest,
  options: ControlOptions & { readonly wait: boolean },
): Promise<void> {
  await ask(request, options, ({ message }) => message ?? '', options.wait ? endArbiter : askArbiter);
}

async function ask(
  request: ControlRequest,
  options: ControlOptions,
  describe: (answer: ControlAnswer) => string,
  converse: typeof askArbiter = askArbiter,
): Promise<void> {
  try {
    const answer = await converse(request, await findSocket(options));
    const text = options.json === true ? JSON.stringify(answer, undefined, 2) : describe(answer);
    if (answer.ok) process.stdout.write(`${text}\n`);
    else if (options.json === true) process.stdout.write(`${text}\n`);
    else process.stderr.write(`siskin: ${request.command} failed: ${answer.message}\n`);
    if (!answer.ok) process.exitCode = FAILURE;
  } catch (error) {
    if (!(error instanceof Unreachable)) return refuse(error);
    process.stderr.write(`siskin: ${error.message}\n`);
    process.exitCode = FAILURE;
  }
}

/** The socket of the arbiter that is meant. Throws where there is none, or more than one. */
export async function findSocket({ controlSocket, pid, config }: ControlOptions): Promise<string> {
  // A file that is broken now is no reason to leave a server alone that runs: it may well be in the usual place.
  let broken: unknown;
  const said = await chosenSocket(controlSocket, config).catch((error: unknown) => {
    broken = error;
    return '';
  });
  if (said === 'none')
    throw new Unreachable('controlSocket is none: the arbiter can only be told by signals');
  if (said !== '') return said;
  const directory = startDirectory();
  const all = controlSocketsFor(directory).filter(
    (path) => pid === undefined || path.endsWith(`-${pid}.sock`),
  );
  const alive: string[] = [];
  for (const path of all) if (await answers(path)) alive.push(path);
  if (alive.length === 1) return alive[0]!;
  if (alive.length === 0 && broken !== undefined) throw broken;
  if (alive.length === 0) {
    const who = pid === undefined ? '' : ` with process id ${pid}`;
    throw new Unreachable(
      `no siskin serve${who} was started in ${directory} by this user\n  Run this where it was started, or name it: --control-socket PATH`,
    );
  }
  const pids = alive.map((path) => /-(\d+)\.sock$/.exec(path)?.[1]).join(', ');
  throw new Unreachable(`several were started in ${directory}: choose one with --pid: ${pids}`);
}

/** What a flag, the environment or the configuration file says. */
async function chosenSocket(flag: string | undefined, config: string | undefined): Promise<string> {
  const flags = {
    ...(flag !== undefined && { controlSocket: flag }),
    ...(config !== undefined && { config }),
  };
  const only = ['controlSocket', 'config', 'chdir'] as const;
  const early = await resolveSettings({ flags, env: process.env, only });
  if (early.origins.controlSocket.kind !== 'default') return early.settings.controlSocket;
  const { cwd, file } = placeOf(early);
  if (file === undefined) return '';
  const { loaded, hooks } = await loadConfiguration({ file, cwd, env: process.env });
  hooks.close();
  const said = await resolveSettings({ file: { name: file, values: loaded.values }, only });
  return said.settings.controlSocket;
}

async function answers(path: string): Promise<boolean> {
  try {
    await askArbiter({ command: 'status' }, path);
    return true;
  } catch (error) {
    // It was killed, and could not do so itself.
    if (error instanceof Unreachable && error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    return false;
  }
}

/** As a person reads it. */
export function describeStatus(status: Status): string {
  const { pid, version, app, state, uptime, addresses, workers } = status;
  const where = addresses.length === 0 ? '' : ` at ${addresses.join(', ')}`;
  const head = `${app}${where}: ${state}, siskin ${version}, arbiter ${pid}, up ${age(uptime)}`;
  return printable(`${head}\n${table(HEAD, workers.map(workerRow))}`);
}

/** Lines with no other control characters: what a worker says of itself may not move the cursor of who asks. */
export function printable(lines: string): string {
  return lines.split('\n').map(escapeControls).join('\n');
}

const HEAD = [
  'slot',
  'pid',
  'state',
  'age',
  'requests',
  'in flight',
  'open',
  'memory',
  'busy',
  'delay',
  'restarts',
];

function workerRow(worker: WorkerStatus): string[] {
  const { slot, pid, state, requests, inFlight, connections, resident, utilization, loopDelay } = worker;
  return [
    slot === null ? '-' : String(slot),
    String(pid),
    state,
    age(worker.age),
    String(requests),
    String(inFlight),
    String(connections),
    `${(resident / 1024 ** 2).toFixed(0)} MB`,
    `${Math.round(100 * utilization)}%`,
    `${loopDelay} ms`,
    String(worker.restarts),
  ];
}

/** Two units at most: `3h 20m`. */
function age(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

function describeStack({ pid, request, stack }: WorkerStack): string {
  const where = request === undefined ? '' : `, in ${request}`;
  if (stack === undefined)
    return `worker ${pid}${where}: no stack can be had: it is in a regular expression or a native call, or has no watchdog (stallWarning 0)`;
  if (stack.length === 0) return `worker ${pid}: waits for events`;
  return [`worker ${pid}${where}:`, ...stack.map((frame) => `    ${frame}`)].join('\n');
}
