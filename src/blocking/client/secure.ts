// https:, through Node: one request and its answer. Certificates and what they are checked against are Node's
// (NODE_EXTRA_CA_CERTS, tls.setDefaultCACertificates); limits, redirects, codings and errors are as for http:.

import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Co, until } from '../../task/index.ts';
import { Failure, StaleConnection, tooLarge } from '../errors.ts';
import { type FetchLimits, fetchLimits } from '../limits.ts';
import type { PreparedRequest } from '../request.ts';
import { type Answer, ListedAnswer, NO_BYTES } from './answer.ts';
import { ANSWER_LIMITS } from './answer-reader.ts';
import { Collector } from './collector.ts';
import { completeHeaders, keepsAlive } from './outgoing.ts';
import type { Patience } from './patience.ts';

let agent: https.Agent | undefined;
let agentLimits: FetchLimits | undefined;

/** Node's connections, kept as ours are. Its agent unreferences idle ones by itself. */
function sharedAgent(): https.Agent {
  const limits = fetchLimits();
  if (agent !== undefined && agentLimits === limits) return agent;
  agent?.destroy();
  agentLimits = limits;
  const { maxConnections: maxSockets, maxIdle: maxFreeSockets, keepAlive: timeout } = limits;
  agent = new https.Agent({ keepAlive: true, maxSockets, maxFreeSockets, timeout });
  return agent;
}

/** Sends `request` and reads the answer. */
export function* converseSecurely(request: PreparedRequest, patience: Patience): Co<Answer> {
  const { method, target, body } = request;
  const headers = [...completeHeaders(request)];
  if (body !== undefined || method === 'POST' || method === 'PUT' || method === 'PATCH') {
    headers.push('Content-Length', String(body?.length ?? 0));
  }
  if (!keepsAlive(method)) headers.push('Connection', 'close');
  const outgoing = https.request(target.href, {
    agent: sharedAgent(),
    method,
    headers,
    maxHeaderSize: ANSWER_LIMITS.headerSection,
  });
  let complete = false;
  try {
    const answer = yield* until(answerTo(outgoing, request, patience));
    complete = true;
    return answer;
  } finally {
    if (!complete) outgoing.destroy();
  }
}

function answerTo(outgoing: ClientRequest, request: PreparedRequest, patience: Patience): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let begun = false;
  outgoing.on('error', (error: Error & { code?: string }) => {
    const stale = !begun && outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    reject(stale ? new StaleConnection(error.code!, error.message) : error);
  });
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return patience.talking();
    patience.connecting();
    socket.once('secureConnect', () => patience.talking());
    return undefined;
  });
  outgoing.on('response', (incoming) => {
    begun = true;
    collect(incoming, request.maxResponseSize, patience).then(resolve, (error: Error) => {
      reject(error);
      outgoing.destroy();
    });
  });
  outgoing.on('upgrade', () => {
    reject(new Failure('ERR_HTTP_UNASKED_RESPONSE', 'the server switches protocols, which nobody asked for'));
    outgoing.destroy();
  });
  outgoing.end(request.body);
  return promise;
}

async function collect(incoming: IncomingMessage, limit: number, patience: Patience): Promise<Answer> {
  const collector = new Collector();
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    patience.talking();
    if (collector.length + chunk.length > limit) throw tooLarge(limit);
    collector.add(chunk, 0, chunk.length);
  }
  const status = incoming.statusCode!;
  const body = status === 205 ? NO_BYTES : collector.take();
  return new ListedAnswer(status, incoming.statusMessage!, incoming.rawHeaders, body);
}
