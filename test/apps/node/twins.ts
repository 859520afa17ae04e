// The same apps behind Node's own server and behind Siskin, each in a process of its own, and tests that say the same
// to both, byte for byte, and expect the same from both, byte for byte. What is no decision of the server is blanked on
// both sides first: the date, the seconds in Keep-Alive, and what a row calls volatile (a session's id).

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Answer, statusOf } from './answer.ts';
import type { Ask } from './ask.ts';
import { Client, type Ending } from './client.ts';

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));
const REGISTER = new URL('../../../src/node/register.ts', import.meta.url);

/** One side: where its apps listen. */
export interface Site {
  readonly port: number;
  /** The port of another app of this file. */
  portOf(app: string): number;
  /** A connection; it is given up when the script is over. */
  open(port?: number): Promise<Client>;
  /** Each request over one connection, the next one behind the answer to the one before. */
  ask(...asks: readonly Ask[]): Promise<Answer[]>;
}

/** What is said to each of the two servers, and gives what is compared. */
type Script = (site: Site) => Promise<unknown>;
/** Several requests share one connection: each waits for the answer before it, or they are all sent at once. */
type Conversation = Ask | readonly Ask[] | { readonly pipelined: readonly Ask[] };
/** The statuses of the answers, or a look at what Node's server gave. */
type Expected<T extends unknown[]> = number | readonly number[] | ((...got: T) => void);

interface Leniency {
  /** Blanked on both sides before they are compared, beside what the file's tests blank. */
  readonly volatile?: readonly Blank[];
  /** Headers that are not compared. */
  readonly except?: readonly string[];
  /** `free`: where chunks end depends on how the bytes arrived. */
  readonly chunks?: 'free';
  /** `free`: who of the two closes first, and whether it is heard, is a race. */
  readonly ending?: 'free';
}

/** What matches is replaced by the text. */
type Blank = readonly [RegExp, string];

const ALWAYS: readonly Blank[] = [
  [/^date: .*/gim, 'Date: <now>'],
  [/^(keep-alive: timeout=)\d+/gim, '$1<seconds>'],
];

export interface Twins {
  /** A test: both servers answer the conversation alike, and as `expected`. */
  same(
    app: string,
    name: string,
    conversation: Conversation,
    expected: Expected<Answer[]>,
    leniency?: Leniency,
  ): void;
  /** A test: what the script gets from both servers is the same. */
  alike(app: string, name: string, script: Script, expected: (got: never) => void, leniency?: Leniency): void;
}

/** Starts `apps` (files in the folder of that name) on both servers, until the tests of the file are over. */
export async function twins(apps: readonly string[], volatile: readonly Blank[] = []): Promise<Twins> {
  const [plain, siskin] = await Promise.all([
    startHost(apps, []),
    startHost(apps, existsSync(REGISTER) ? ['--import', REGISTER.href] : []),
  ]);

  function compare(
    name: string,
    script: Script,
    expected: (got: unknown) => void,
    leniency: Leniency,
    app: string,
  ) {
    const blanks = [...ALWAYS, ...volatile, ...(leniency.volatile ?? [])];
    test(`${app.replace(/\.\w+$/, '')}: ${name}`, { timeout: 10_000 }, async () => {
      const [reference, ours] = await Promise.all(
        [plain, siskin].map((host) =>
          host.run(app, script).then((got) => ({ got, seen: seen(got, blanks, leniency) })),
        ),
      );
      expected(reference!.got);
      assert.deepEqual(ours!.seen, reference!.seen);
    });
  }

  return {
    same(app, name, conversation, expected, leniency = {}) {
      const script: Script = (site) => converse(site, conversation);
      const check = (got: unknown) => expectAnswers((got as Conversed).answers, expected);
      compare(name, script, check, leniency, app);
    },
    alike(app, name, script, expected, leniency = {}) {
      compare(name, script, expected as (got: unknown) => void, leniency, app);
    },
  };
}

interface Host {
  run(app: string, script: Script): Promise<unknown>;
}

async function startHost(apps: readonly string[], execArgv: readonly string[]): Promise<Host> {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', NO_COLOR: '1' };
  const child = fork(HOST, [...apps], {
    execArgv: [...execArgv],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const errors = text(child.stderr!);
  after(() => child.connected && child.disconnect());
  const ports = await new Promise<Record<string, number>>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Record<string, number>));
    child.once('exit', () => errors.then((said) => reject(new Error(`The apps did not start:\n${said}`))));
  });
  // From here on it ends when we say so. What it wrote is the first thing to read if it ends before.
  child.once('exit', (code) => {
    if (child.connected || code !== 0) void errors.then((said) => console.error(`The apps ended:\n${said}`));
  });
  return {
    async run(app, script) {
      const clients: Client[] = [];
      const open = async (port = ports[app]!) => {
        const client = await Client.open(port);
        clients.push(client);
        return client;
      };
      const ask = async (...asks: readonly Ask[]) =>
        ((await converse({ port: ports[app]!, portOf, open, ask }, asks)) as Conversed).answers;
      const portOf = (other: string) => ports[other]!;
      try {
        return await script({ port: ports[app]!, portOf, open, ask });
      } finally {
        for (const client of clients) client.destroy();
      }
    },
  };
}

interface Conversed {
  readonly answers: Answer[];
  readonly left: { readonly surplus: string; readonly ending: Ending };
}

async function converse(site: Site, conversation: Conversation): Promise<Conversed> {
  const client = await site.open();
  const answers: Answer[] = [];
  if ('pipelined' in conversation) {
    client.sendAll(conversation.pipelined);
    for (const { method } of conversation.pipelined) {
      const answer = await client.answer(method);
      if (answer !== undefined) answers.push(answer);
    }
  } else {
    for (const ask of [conversation].flat() as Ask[]) {
      const answer = await client.ask(ask);
      if (answer === undefined) break;
      answers.push(answer);
    }
  }
  return { answers, left: await client.leave() };
}

function expectAnswers(answers: Answer[], expected: Expected<Answer[]>): void {
  if (typeof expected === 'function') expected(...answers);
  else assert.deepEqual(answers.map(statusOf), [expected].flat(), firstBodyOf(answers));
}

const firstBodyOf = (answers: Answer[]): string =>
  answers.map(({ statusLine, body }) => `${statusLine}: ${body.toString('latin1', 0, 300)}`).join('\n');

/** What is compared: plain data, such that a difference can be read. */
function seen(value: unknown, blanks: readonly Blank[], leniency: Leniency): unknown {
  const { except = [], chunks, ending } = leniency;
  const look = (one: unknown): unknown => {
    if (typeof one === 'string') return blanks.reduce((line, [what, by]) => line.replaceAll(what, by), one);
    if (one instanceof Uint8Array) return excerpt(Buffer.from(one), look);
    if (Array.isArray(one)) return one.map(look);
    if (typeof one !== 'object' || one === null) return one;
    const entries = Object.entries(one).filter(
      ([key]) => !(key === 'chunks' && chunks === 'free') && !(key === 'ending' && ending === 'free'),
    );
    return Object.fromEntries(
      entries.map(([key, part]) => [key, key === 'headers' ? headersOf(part as string[]) : look(part)]),
    );
  };
  const headersOf = (lines: readonly string[]) =>
    lines.filter((line) => !except.some((name) => line.toLowerCase().startsWith(`${name}:`))).map(look);
  return look(value);
}

/** Text as it is; a long body, or one that is no text, by its beginning, length and hash. */
function excerpt(bytes: Buffer, blank: (line: string) => unknown): unknown {
  const latin = bytes.toString('latin1');
  if (bytes.length <= 8192 && !/[\0-\x08\x0e-\x1d]/.test(latin)) return blank(latin);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return `${latin.slice(0, 80)}… ${bytes.length} bytes, ${hash}`;
}
