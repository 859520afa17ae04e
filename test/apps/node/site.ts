// One server of the two, as a script sees it: connections to it, and conversations over them.

import type { Answer } from './answer.ts';
import type { Ask } from './ask.ts';
import { Client, type Ending } from './client.ts';

export interface Site {
  readonly port: number;
  /** A connection; it is given up when the script is over. */
  open(): Promise<Client>;
  /** Each request over one connection, the next one behind the answer to the one before. */
  ask(...asks: readonly Ask[]): Promise<Answer[]>;
}

/** What is said to each of the two servers, and gives what is compared. */
export type Script = (site: Site) => Promise<unknown>;

/** Several requests share one connection: each waits for the answer before it, or they are all sent at once. */
export type Conversation = Ask | readonly Ask[] | { readonly pipelined: readonly Ask[] };

export interface Conversed {
  readonly answers: Answer[];
  /** What came behind the last answer, and who ended the connection how, once the client had sent its FIN. */
  readonly left: { readonly surplus: string; readonly ending: Ending };
}

/** Runs the script against the server on this port of this machine. */
export async function visit(port: number, script: Script): Promise<unknown> {
  const clients: Client[] = [];
  const open = async () => {
    const client = await Client.open(port);
    clients.push(client);
    return client;
  };
  const ask = async (...asks: readonly Ask[]) => (await converse(await open(), asks)).answers;
  try {
    return await script({ port, open, ask });
  } finally {
    for (const client of clients) client.destroy();
  }
}

export async function converse(client: Client, conversation: Conversation): Promise<Conversed> {
  const answers: Answer[] = [];
  const pipelined = 'pipelined' in conversation;
  const asks = pipelined ? conversation.pipelined : ([conversation].flat() as Ask[]);
  if (pipelined) client.sendAll(asks);
  for (const ask of asks) {
    const answer = await (pipelined ? client.answer(ask.method) : client.ask(ask));
    if (answer === undefined) break;
    answers.push(answer);
  }
  return { answers, left: await client.leave() };
}
