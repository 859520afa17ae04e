// The same apps behind Node's own server and behind Siskin, each in a process of its own, and tests that say the same
// to both, byte for byte, and expect the same from both, byte for byte.
//
//                ┌─► node host.ts apps…                             ─► what came back ─┐
//   script ──────┤                                                                     ├─► the same?
//                └─► node --import siskin/register host.ts apps…    ─► what came back ─┘

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../bare-environment.ts';
import { REGISTER } from '../../cli/program.ts';
import { type Answer, statusOf } from './answer.ts';
import { differences } from './difference.ts';
import { type Blank, essenceOf, type Leniency } from './essence.ts';
import { type Conversation, type Conversed, converse, type Script, visit } from './site.ts';

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));
/** What a process is started with to be served by Siskin. */
export const SISKIN = ['--import', REGISTER];
export const ENVIRONMENT = {
  ...BARE_ENVIRONMENT,
  NO_COLOR: '1',
};

/** The statuses of the answers, or a look at what Node's server gave. */
type Expected = number | readonly number[] | ((...answers: Answer[]) => void);

export interface Twins {
  /** A test: both servers answer the conversation alike, and as expected. */
  same(app: string, name: string, conversation: Conversation, expected: Expected, leniency?: Leniency): void;
  /** A test: what the script gets from both servers is the same, and as expected. */
  alike<T>(app: string, name: string, script: Script, expected: (got: T) => void, leniency?: Leniency): void;
}

/** Starts `apps` (files in the folder of that name) on both servers, until the tests of the file are over. */
export async function twins(apps: readonly string[], volatile: readonly Blank[] = []): Promise<Twins> {
  const [node, siskin] = await Promise.all([startHost(apps, []), startHost(apps, SISKIN)]);
  assert.deepEqual([node.engines, siskin.engines], [0, apps.length], 'apps that Siskin serves');

  function alike<T>(
    app: string,
    name: string,
    script: Script,
    expected: (got: T) => void,
    leniency?: Leniency,
  ) {
    test(`${app.replace(/\.\w+$/, '')}: ${name}`, { timeout: 10_000 }, () =>
      compare<T>([node.ports[app]!, siskin.ports[app]!], script, expected, {
        ...leniency,
        volatile: [...volatile, ...(leniency?.volatile ?? [])],
      }),
    );
  }

  return {
    alike,
    same(app, name, conversation, expected, leniency) {
      const script: Script = async ({ open }) => converse(await open(), conversation);
      const check = ({ answers }: Conversed) => {
        if (typeof expected === 'function') expected(...answers);
        else assert.deepEqual(answers.map(statusOf), [expected].flat(), beginningsOf(answers));
      };
      alike(app, name, script, check, leniency);
    },
  };
}

/** Runs the script against Node's server, which must give what is `expected`, and Siskin's, which must give the same. */
export async function compare<T>(
  ports: readonly number[],
  script: Script,
  expected: (got: T) => void,
  leniency: Leniency = {},
): Promise<void> {
  const [reference, ours] = await Promise.all(ports.map((port) => visit(port, script)));
  expected(reference as T);
  const found = differences(essenceOf(ours, leniency), essenceOf(reference, leniency));
  assert.ok(found.length === 0, `Siskin differs:\n  ${found.join('\n  ')}`);
}

interface Started {
  /** By the apps' names. */
  readonly ports: Readonly<Record<string, number>>;
  /** How many of the apps Siskin serves. */
  readonly engines: number;
}

async function startHost(apps: readonly string[], execArgv: readonly string[]): Promise<Started> {
  const env = { ...ENVIRONMENT, NODE_ENV: 'production' };
  const child = fork(HOST, [...apps], {
    execArgv: [...execArgv],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const errors = text(child.stderr!);
  after(() => child.connected && child.disconnect());
  // It ends when we say so. What it wrote is the first thing to read if it ends before.
  child.once('exit', (code) => {
    if (code !== 0) void errors.then((said) => console.error(`The apps ended:\n${said}`));
  });
  return new Promise((resolve, reject) => {
    child.once('message', (started) => resolve(started as Started));
    child.once('exit', () => reject(new Error('The apps did not start.')));
  });
}

const beginningsOf = (answers: readonly Answer[]): string =>
  answers.map(({ statusLine, body }) => `${statusLine}: ${body.toString('latin1', 0, 300)}`).join('\n');
