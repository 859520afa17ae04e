// The client, with coroutines. Ten users and their accounts, all at once: `all` runs them side by side, and
// within each the account is asked for when its user is known. If one fails, the others are cancelled, and
// `finally` closes every socket.
//
//   node examples/layers/client-coroutines.ts 7000

import { createKernel, Loop } from '../../src/loop/index.ts';
import { connect, type Target } from '../../src/net/index.ts';
import { all, type Co, deadline, spawn } from '../../src/task/index.ts';
import { type Account, describe, PATIENCE, USERS, type User } from './directory.ts';
import { LineReader } from './lines.ts';

/** A line about each user. */
export function* report(service: Target): Co<string[]> {
  return yield* deadline(PATIENCE, all(USERS.map(({ id }) => reportOne(service, id))));
}

function* reportOne(service: Target, id: number): Co<string> {
  const user = yield* ask<User>(service, `user ${id}`);
  const account = yield* ask<Account>(service, `account ${user.account}`);
  return describe(user, account);
}

/** Asks one question over a connection of its own. */
function* ask<T>(service: Target, what: string): Co<T> {
  const stream = yield* connect(service);
  try {
    yield* stream.write(`GET ${what}\n`);
    const line = yield* new LineReader(stream).next();
    if (line === undefined) throw new Error(`no answer for '${what}'`);
    return JSON.parse(line);
  } finally {
    stream.close();
  }
}

function* main(): Co<void> {
  const port = Number(process.argv[2] ?? 7000);
  const lines = yield* report({ host: '127.0.0.1', port });
  for (const line of lines) console.log(line);
}

if (import.meta.main) {
  const loop = new Loop(await createKernel());
  loop.attach();
  await spawn(loop, main());
}
