// What the small service knows, and how it answers: one line asked, one line of JSON back. Both versions of
// the service and of the client share it, so that they differ in nothing but how they wait.
//
//   GET user 7       {"id":7,"name":"Katherine","account":17}
//   GET account 17   {"id":17,"balance":1300}
//   anything else    {"error":"..."}

export interface User {
  readonly id: number;
  readonly name: string;
  readonly account: number;
}

export interface Account {
  readonly id: number;
  readonly balance: number;
}

const NAMES = 'Ada Barbara Edith Frances Grace Hedy Katherine Margaret Radia Sophie'.split(' ');

export const USERS: readonly User[] = NAMES.map((name, i) => ({ id: i + 1, name, account: i + 11 }));
const ACCOUNTS: readonly Account[] = USERS.map(({ id, account }) => ({
  id: account,
  balance: 100 * ((id * 7) % 12) + 300,
}));

/** Milliseconds a client may be silent before the service closes its connection. */
export const IDLE_LIMIT = 30_000;
/** Milliseconds in which the client wants all of its answers. */
export const PATIENCE = 5_000;
/** Bytes of a question at most: who sends more without a line's end is cut off. */
export const LONGEST_LINE = 1024;

/** The answer to one line, without the line's end. */
export function answer(question: string): string {
  const [, kind, id] = /^GET (user|account) (\d+)$/.exec(question) ?? [];
  const found = (kind === 'user' ? USERS : ACCOUNTS).find((each) => each.id === Number(id));
  return JSON.stringify(found ?? { error: `nothing is known of '${question}'` });
}

/** What the client says in the end of each user. */
export function describe(user: User, account: Account): string {
  return `${user.name} has ${account.balance} in account ${account.id}`;
}
