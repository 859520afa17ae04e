// What a seed stands for: settings, faults, and what each client sends and how it misbehaves. Everything is drawn from the
// seed, and nothing here knows a server. Every request has an id of its own, that its answer must carry.

import { defaultSettings, type Settings } from '../../../src/config/index.ts';
import { FaultOptions, Random } from '../../../src/kernel/sim/index.ts';

/** What the app does with a request; `app.ts` has the code. */
export const KINDS = [
  'sync',
  'async',
  'stream',
  'echo',
  'text',
  'ignore',
  'coroutine',
  'throw',
  'reject',
  'broken',
] as const;
export type Kind = (typeof KINDS)[number];

export interface PlannedRequest {
  readonly id: string;
  readonly kind: Kind;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Of the answer's body, or of the request's where that is what the answer shows. */
  readonly size: number;
  readonly head: string;
  readonly body: string;
  /** Waits for 100 Continue before it sends the body. */
  readonly expects: boolean;
  /** The last of its connection, by what it says itself. */
  readonly last: boolean;
}

/** How requests follow each other: each after the answer to the one before, all at once, or in pieces with pauses. */
export type Manner = 'sequential' | 'pipelined' | 'in pieces';
/** How a client goes: when it has its answers, half-closing behind its requests, or before its time; cut off by the network. */
type Departure = 'polite' | 'half-closing' | 'resetting' | 'closing early' | 'talking nonsense' | 'cut off';

export interface PlannedClient {
  readonly requests: readonly PlannedRequest[];
  readonly manner: Manner;
  readonly departure: Departure;
  /** When it connects, and when it goes if that is before its time; milliseconds. */
  readonly arrival: number;
  readonly patience: number;
  /** How long it does nothing between an answer and what it does next; milliseconds. */
  readonly rest: number;
  /** Bytes a step, where it sends and reads slowly. */
  readonly pace: { readonly bytes: number; readonly every: number } | undefined;
  /** It stops reading at this many bytes, for so long. */
  readonly pause: { readonly at: number; readonly ms: number } | undefined;
  readonly nonsense: string;
}

export interface Plan {
  readonly seed: number;
  readonly faults: FaultOptions;
  readonly latency: number;
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  readonly settings: Settings;
  readonly clients: readonly PlannedClient[];
  /** The server is told to stop so many milliseconds after the start; else when all clients are done. */
  readonly stopAt: number | undefined;
  /** Nothing is lost on the network, and the server has room and time for everything: who asks is answered. */
  readonly calm: boolean;
}

export function planOf(seed: number): Plan {
  const random = new Random(seed, 0xc11e);
  const calm = random.chance(0.4);
  const limit = 60_000;
  const settings: Settings = {
    ...defaultSettings(),
    limitRequestBody: limit,
    maxPipelined: 1 + random.below(8),
    maxBufferedPerConnection: 16_384,
    maxConnections: calm ? 100 : 1 + random.below(5),
    maxInFlight: calm || random.chance(0.7) ? 100 : 1 + random.below(3),
    handlerTimeout: calm || random.chance(0.8) ? 0 : 1 + random.below(40),
    gracefulTimeout: random.chance(0.1) && !calm ? 1 + random.below(200) : 400_000,
    keepAliveGrace: random.below(50),
  };
  const clients = Array.from({ length: 2 + random.below(3) }, (_, i) => planClient(random, `c${i}`, calm));
  return {
    seed,
    faults: calm ? calmFaults(seed) : FaultOptions.swarm(seed),
    latency: random.chance(0.5) ? 0.125 : 5 * random.fraction(),
    sendBuffer: pick(random, [512, 4096, 65_536]),
    receiveBuffer: pick(random, [512, 4096, 65_536]),
    settings,
    clients,
    stopAt: calm || random.chance(0.6) ? undefined : random.below(60),
    calm,
  };
}

/** Nothing is lost, and nothing so slow that a deadline passes: a far peer with a window of a few bytes would be. */
function calmFaults(seed: number): FaultOptions {
  const faults = FaultOptions.swarm(seed, FaultOptions.benign);
  return faults.smallBuffers > 0 ? { ...faults, slowPeer: 0, late: 0 } : faults;
}

function planClient(random: Random, name: string, calm: boolean): PlannedClient {
  const departures: readonly Departure[] = calm
    ? ['polite', 'half-closing']
    : ['polite', 'polite', 'half-closing', 'resetting', 'closing early', 'talking nonsense', 'cut off'];
  const departure = pick(random, departures);
  const manner = pick(random, ['sequential', 'pipelined', 'in pieces'] as const);
  const count = 1 + random.below(4);
  return {
    requests: Array.from({ length: count }, (_, i) =>
      planRequest(random, `${name}r${i}`, i === count - 1, manner, calm),
    ),
    manner,
    departure,
    arrival: random.below(20),
    patience: random.below(100),
    rest: random.chance(0.5) ? 0 : random.below(30),
    pace: random.chance(0.15) ? { bytes: 1 + random.below(40), every: 0.1 + random.fraction() } : undefined,
    pause: random.chance(0.15)
      ? { at: random.below(3000), ms: random.chance(0.9) || calm ? random.below(2000) : 100_000 }
      : undefined,
    nonsense: planNonsense(random),
  };
}

function planRequest(
  random: Random,
  id: string,
  last: boolean,
  manner: Manner,
  calm: boolean,
): PlannedRequest {
  const kind = pick(random, calm ? KINDS.filter((kind) => kind !== 'broken' || last) : KINDS);
  const takesBody = kind === 'echo' || kind === 'text' || kind === 'ignore';
  const method = takesBody || random.chance(0.1) ? 'POST' : random.chance(0.1) ? 'HEAD' : 'GET';
  // A window of a few bytes takes an upload of 2 KB within the deadlines; answers have none as long as they move.
  const large = !calm ? 70_000 : takesBody ? 2000 : 40_000;
  const size = random.below(random.chance(0.08) ? large : 800);
  const body = method === 'POST' ? pattern(id, takesBody ? size : random.below(300)) : '';
  const chunked = body.length > 0 && random.chance(0.4);
  // Where only a reset can tell, answers on their way before it are lost with it.
  const old = random.chance(0.08) && !chunked && !(calm && kind === 'broken');
  const closes = last && random.chance(0.3);
  const expects = body.length > 0 && !old && manner === 'sequential' && random.chance(0.3);
  const fields = [
    `${method} /${kind}/${id}/${size} HTTP/1.${old ? 0 : 1}`,
    'Host: example.org',
    `X-Id: ${id}`,
    ...(random.chance(0.3) ? [`X-Filler: ${'f'.repeat(random.below(600))}`] : []),
    ...(chunked ? ['Transfer-Encoding: chunked'] : body.length > 0 ? [`Content-Length: ${body.length}`] : []),
    ...(expects ? ['Expect: 100-continue'] : []),
    ...(closes ? ['Connection: close'] : old ? ['Connection: keep-alive'] : []),
  ];
  return {
    id,
    kind,
    method,
    size,
    head: `${fields.join('\r\n')}\r\n\r\n`,
    body: chunked ? inChunks(random, body) : body,
    expects,
    last: closes,
  };
}

function inChunks(random: Random, body: string): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + random.below(random.chance(0.5) ? 20 : 5000));
    text += `${piece.length.toString(16)}${random.chance(0.2) ? ';ext="v"' : ''}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return `${text}0\r\n${random.chance(0.2) ? 'X-Trailer: t\r\n' : ''}\r\n`;
}

function planNonsense(random: Random): string {
  const whole = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'POST /text/nonsense/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    'GET / HTTP/1.1\nHost: a\n\n',
  ];
  return pick(random, whole);
}

/** Bytes that no other id's answer has, `size` of them. */
export function pattern(id: string, size: number): string {
  return `${id}.`.repeat(Math.ceil(size / (id.length + 1))).slice(0, size);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}
