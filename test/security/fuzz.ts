// A whole server under mutated requests, on the simulated network: in pieces, between good requests. What it
// answers is what the reader makes of those octets, in order and once; then a refusal at most, and nothing more. Whatever
// came, the connection ends in time, the next client is served, and nothing is kept. Everything follows from the seed.

import assert from 'node:assert/strict';
import type { App } from '../../src/app/index.ts';
import { MessageReader } from '../../src/http/index.ts';
import { GOOD_SEEDS, mutate, type Random, randomFrom, SEEDS } from '../http/mutations.ts';
import { isProblem, type Message, split, type Transcript, transcribe } from '../http/transcript.ts';
import { type Client, Simulation } from './simulation.ts';

const CANARY = Buffer.from('GET /canary HTTP/1.1\r\nHost: canary\r\n\r\n');
/** Milliseconds after which every deadline of the server's has passed. */
const ALL_DEADLINES = 300_000;
/** Inputs that one server gets, so that what it keeps of one would show in another. */
const INPUTS_A_SERVER = 50;
const LIMIT_REQUEST_BODY = 200;

interface Answer {
  readonly status: number;
  body: string;
  readonly last: boolean;
}

/** Answers with what it was asked, after it has read the body, or before. */
function echo(readsFirst: () => boolean): App {
  return {
    async handle(exchange) {
      const { method, target } = exchange.head;
      const pieces: Uint8Array[] = [];
      if (readsFirst()) {
        for (let piece = await exchange.readBody(); piece !== undefined; piece = await exchange.readBody()) {
          pieces.push(piece);
        }
      }
      exchange.respond(
        200,
        '',
        [],
        Buffer.from(`${method} ${target}\n${Buffer.concat(pieces).toString('latin1')}`, 'latin1'),
      );
    },
  };
}

/** The answers in `received`, to the requests of `transcript` and to what follows them. */
function answersIn(received: string, { messages }: Transcript): Answer[] {
  const reader = MessageReader.ofResponses();
  for (const { head } of messages) reader.asked(head['method'] as string);
  reader.asked('GET');
  reader.receive(Buffer.from(received, 'latin1'));
  reader.endOfInput();
  const answers: Answer[] = [];
  for (;;) {
    const event = reader.next();
    switch (event.type) {
      case 'head':
        if (!event.head.interim)
          answers.push({ status: event.head.status, body: '', last: !event.head.keepAlive });
        break;
      case 'data':
        answers.at(-1)!.body += Buffer.from(event.bytes).toString('latin1');
        break;
      case 'problem':
        assert.fail(`the answers are no HTTP: ${event.problem.code}`);
        break;
      case 'closed':
        assert.equal(reader.rest().length, 0, 'more follows the last answer');
        return answers;
      default:
        break;
    }
  }
}

/** Compares what was answered with what the reader makes of the same octets. */
function judge(
  answers: readonly Answer[],
  transcript: Transcript,
  readsFirst: boolean,
  mayBeLate: boolean,
): void {
  const { messages, end } = transcript;
  const whole = messages.filter(({ trailers }) => trailers !== undefined);
  const served = answers.filter(({ status }) => status === 200);
  served.forEach(({ body }, i) => {
    if (messages[i]!.head['method'] !== 'HEAD') assert.equal(body, expectedBody(messages[i]!, readsFirst));
  });
  const refusals = answers.slice(served.length);
  assert.ok(refusals.length <= 1, 'refused twice');
  for (const { status, last } of refusals) assert.ok(status >= 400 && last, `${status} is no refusal`);
  // Who answers before the body is there may have to close for what it then turns out to be.
  if (!readsFirst) {
    assert.ok(served.length <= messages.length, 'answered more than was asked');
    return;
  }
  assert.equal(served.length, whole.length);
  if (!isProblem(transcript)) return;
  // A head that came in pieces is parsed again when a line of it ends: where none does, what is wrong with it is that it is late.
  const statuses = [Number.parseInt(end, 10), ...(mayBeLate ? [408] : [])];
  assert.ok(statuses.includes(refusals[0]?.status ?? 0), `${refusals[0]?.status} instead of ${end}`);
}

function expectedBody({ head, body }: Message, readsFirst: boolean): string {
  return `${head['method']} ${head['target']}\n${readsFirst ? body : ''}`;
}

/** One client: mutated requests in pieces and the canary behind them. What was answered, once the connection has ended. */
async function converse(
  simulation: Simulation,
  pieces: readonly Uint8Array[],
  ends: boolean,
): Promise<Client> {
  const client = await simulation.connect();
  pieces.forEach((piece, i) => {
    simulation.kernel.after(1 + i, () => client.send(piece));
  });
  if (ends) simulation.kernel.after(1 + pieces.length, () => client.sim.shutdown());
  await simulation.pass(ALL_DEADLINES);
  assert.ok(client.ending !== undefined, 'the connection never ended');
  client.sim.close();
  return client;
}

/** The server goes on as if nothing had been. */
async function assertUnharmed(simulation: Simulation): Promise<void> {
  const client = (await simulation.connect()).send(CANARY);
  await simulation.pass(20);
  assert.match(client.received, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nGET \/canary\n$/);
  client.sim.close();
  await simulation.pass(20);
  const { connections, inFlight, buffered } = simulation.server.statistics();
  assert.deepEqual({ connections, inFlight, buffered }, { connections: 0, inFlight: 0, buffered: 0 });
  const errors = simulation.log.filter(({ level }) => level === 'error');
  assert.deepEqual(errors, [], 'what a client sends is no error of ours');
}

/** What one input came to: whether the canary behind it was answered. */
async function tryOne(simulation: Simulation, random: Random, readsFirst: boolean): Promise<boolean> {
  const before = Array.from({ length: random(3) }, () => GOOD_SEEDS[random(GOOD_SEEDS.length)]!);
  const mutated = mutate(random(4) === 0 ? SEEDS : GOOD_SEEDS, random);
  // Without it, what was begun is never completed.
  const behind = random(4) > 0 ? [CANARY] : [];
  const bytes = Buffer.concat([...before, mutated, ...behind]);
  const cuts = Array.from({ length: random(5) }, () => random(bytes.length + 1));
  const ends = random(2) === 0;
  try {
    const transcript = transcribe([bytes], { maxBodyBytes: LIMIT_REQUEST_BODY, ends });
    const client = await converse(simulation, split(bytes, ...cuts), ends);
    const answers = answersIn(client.received, transcript);
    judge(answers, transcript, readsFirst, behind.length === 0);
    await assertUnharmed(simulation);
    return answers.some(({ body }) => body.startsWith('GET /canary\n'));
  } catch (cause) {
    const how = `${readsFirst ? 'read' : 'unread'}${ends ? ', ended' : ''}, cut at ${cuts}`;
    throw new Error(`${JSON.stringify(bytes.toString('latin1'))} ${how}`, { cause });
  }
}

export interface ServerFuzzReport {
  readonly inputs: number;
  /** Inputs behind which the canary was answered. */
  readonly survived: number;
}

/** Tries mutations until `goesOn` says no. */
export async function fuzzServer(
  seed: number,
  goesOn: (inputs: number) => boolean,
): Promise<ServerFuzzReport> {
  const random = randomFrom(seed);
  let readsFirst = true;
  let simulation: Simulation | undefined;
  let inputs = 0;
  let survived = 0;
  for (; goesOn(inputs); inputs++) {
    if (simulation === undefined || inputs % INPUTS_A_SERVER === 0) {
      simulation = new Simulation(
        echo(() => readsFirst),
        { limitRequestBody: LIMIT_REQUEST_BODY },
      );
    }
    readsFirst = random(4) > 0;
    if (await tryOne(simulation, random, readsFirst)) survived += 1;
  }
  return { inputs, survived };
}
