// The interface of `node:http`: a server's listeners as an App. For each request it makes `req` and `res`, Node's own objects
// over our exchange, and emits what Node's server emits.

import { AsyncResource } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem } from '../../http/index.ts';
import type { Stream } from '../../net/index.ts';
import type { Co } from '../../task/index.ts';
import { type App, LATER } from '../exchange.ts';
import type { Client, WireExchange } from '../wire.ts';
import { clientError } from './client-error.ts';
import { installFiles } from './file.ts';
import { classesOf, uniqueHeadersOf } from './internals.ts';
import { fill, type NodeRequest, Upload } from './request.ts';
import { installResponse } from './response.ts';
import { attach, type NodeResponse } from './response-state.ts';
import { asSocket, NodeSocket, type SentListener } from './socket.ts';
import { Tunnel } from './tunnel.ts';

/** What Node's server has that its types do not say. */
type NodeServer = Server & {
  rejectNonStandardBodyWrites?: boolean;
  joinDuplicateHeaders?: boolean;
  requireHostHeader?: boolean;
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
};

const requestStart = diagnostics.channel('http.server.request.start');
const responseFinish = diagnostics.channel('http.server.response.finish');

/** What a server has that sets none. A large upload over a slow line may take longer: its pace is what counts here. */
const NODE_REQUEST_TIMEOUT = 300_000;

export interface NodeAppOptions {
  /** Called before each request. */
  readonly onRequest?: () => void;
  /** Told of each connection that is accepted, and of its end. */
  readonly onOpen?: (socket: () => NodeSocket) => void;
  readonly onClose?: () => void;
}

/**
 * Makes an App of a server's listeners: `request`, `upgrade`, `connect`, `checkContinue`, `checkExpectation`, `clientError`,
 * `dropRequest`, `timeout`. `server` itself listens nowhere.
 *
 * @example nodeApp(http.createServer((req, res) => res.end('Hello!')))
 */
export function nodeApp(server: Server, options: NodeAppOptions = {}): App {
  installResponse();
  installFiles();
  return new NodeApp(server, options);
}

class NodeApp implements App {
  readonly leaves: NonNullable<App['leaves']>;
  readonly #server: NodeServer;
  readonly #options: NodeAppOptions;
  readonly #Request: typeof IncomingMessage;
  readonly #Response: typeof ServerResponse;
  readonly #responseOptions: { readonly rejectNonStandardBodyWrites: boolean };
  readonly #uniqueHeaders: ReturnType<typeof uniqueHeadersOf>;

  constructor(server: NodeServer, options: NodeAppOptions) {
    this.#server = server;
    this.#options = options;
    const classes = classesOf(server);
    this.#Request = classes.Request;
    this.#Response = classes.Response;
    this.#uniqueHeaders = uniqueHeadersOf(server);
    this.#responseOptions = { rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites === true };
    this.leaves = {
      get connect() {
        return server.listenerCount('connect') > 0;
      },
      get expectations() {
        return server.listenerCount('checkExpectation') > 0;
      },
      hostless: server.requireHostHeader === false,
    };
  }

  opened(client: Client): void {
    this.#options.onOpen?.(() => this.#socketOf(client));
  }

  closed(client: Client): void {
    (client.companion as NodeSocket | undefined)?.close();
    this.#options.onClose?.();
  }

  #socketOf(client: Client): NodeSocket {
    return (client.companion ??= new NodeSocket(client, this.#server, this.#onSent)) as NodeSocket;
  }

  problem(client: Client, problem: Problem, received: Uint8Array): boolean {
    if (this.#server.listenerCount('clientError') === 0) return false;
    return this.#server.emit('clientError', clientError(problem, received), asSocket(this.#socketOf(client)));
  }

  handle(exchange: WireExchange): undefined | typeof LATER {
    const server = this.#server;
    this.#options.onRequest?.();
    const socket = this.#socketOf(exchange.client);
    const request = new this.#Request(asSocket(socket)) as unknown as NodeRequest;
    fill(request, exchange, server.joinDuplicateHeaders === true);
    const upload = new Upload(request, exchange);
    const protocol = protocolOf(server, request, exchange);
    if (protocol !== undefined) {
      handOver(server, protocol, { exchange, request, response: undefined, upload }, socket);
      return undefined;
    }

    const response = new this.#Response(
      request as unknown as IncomingMessage,
      // Types know one parameter.
      ...([this.#responseOptions] as unknown as []),
    ) as unknown as NodeResponse;
    response._keepAliveTimeout = server.keepAliveTimeout;
    response._maxRequestsPerSocket = server.maxRequestsPerSocket ?? 0;
    response.shouldKeepAlive = exchange.head.keepAlive;
    response[this.#uniqueHeaders.symbol] = this.#uniqueHeaders.value;
    attach(response, exchange);
    socket.enter({ exchange, request, response, upload });
    if (exchange.bodyLength !== 0 && server.requestTimeout !== NODE_REQUEST_TIMEOUT) this.#limit(upload);
    if (requestStart.hasSubscribers) requestStart.publish({ request, response, socket, server });
    // A resource of its own: what a program hangs on it, no other request finds.
    const resource = new AsyncResource('siskin.Request', { requireManualDestroy: true });
    resource.runInAsyncScope(this.#emit, this, socket, request, response, exchange);
    // As on Node, a body comes when the handler has had the occasion to listen for it.
    if (response.finished && exchange.bodyLength === 0 && request._eventsCount === 0) {
      request.complete = true;
      request._dumpAndCloseReadable?.();
    } else upload.begin();
    return response.finished ? undefined : LATER;
  }

  #limit(upload: Upload): void {
    const { requestTimeout } = this.#server;
    if (requestTimeout > 0) upload.within(requestTimeout);
  }

  #emit(socket: NodeSocket, request: NodeRequest, response: NodeResponse, exchange: WireExchange): void {
    const server = this.#server;
    const given = [request as unknown as IncomingMessage, response as unknown as ServerResponse] as const;
    const limit = server.maxRequestsPerSocket ?? 0;
    if (limit > 0) {
      const count = ++socket.requests;
      response.maxRequestsOnConnectionReached = limit <= count;
      if (limit < count) {
        server.emit('dropRequest', given[0], asSocket(socket));
        given[1].writeHead(503);
        given[1].end();
        return;
      }
    }
    const expectation = exchange.head.minor === 1 ? exchange.head.get('expect') : undefined;
    if (expectation === undefined || expectation === '') server.emit('request', ...given);
    else if (expectation.toLowerCase() === '100-continue') {
      const checked = server.listenerCount('checkContinue') > 0;
      // Without a listener the server invites the body itself, as soon as somebody reads it.
      response._expect_continue = checked;
      server.emit(checked ? 'checkContinue' : 'request', ...given);
    } else server.emit('checkExpectation', ...given);
  }

  readonly #onSent: SentListener = (socket, request, response) => {
    if (responseFinish.hasSubscribers)
      responseFinish.publish({ request, response, socket, server: this.#server });
  };
}

/** Whether the connection is to speak another protocol, and which event says so. */
function protocolOf(
  server: NodeServer,
  request: NodeRequest,
  { head }: WireExchange,
): 'upgrade' | 'connect' | undefined {
  if (head.method === 'CONNECT') return 'connect';
  if (!head.upgrade) return undefined;
  const asked = request as unknown as IncomingMessage;
  const wanted = server.shouldUpgradeCallback?.(asked) ?? server.listenerCount('upgrade') > 0;
  return wanted ? 'upgrade' : undefined;
}

function handOver(
  server: NodeServer,
  event: 'upgrade' | 'connect',
  current: Parameters<NodeSocket['enter']>[0],
  socket: NodeSocket,
): void {
  const { exchange, request } = current;
  if (server.listenerCount(event) === 0) {
    exchange.client.hangUp(new Error(`nobody listens for '${event}'`));
    exchange.handOver(event === 'upgrade' ? 101 : 200, nothing);
    return;
  }
  (request as { upgrade?: boolean }).upgrade = true;
  const context = new AsyncResource('siskin.Upgrade', { requireManualDestroy: true });
  socket.enter(current);
  current.upload.begin();
  exchange.handOver(event === 'upgrade' ? 101 : 200, function* (stream: Stream, rest: Uint8Array): Co<void> {
    const tunnel = new Tunnel(stream, asSocket(socket) as Socket & NodeSocket, context);
    socket.becomeTunnel(tunnel);
    context.runInAsyncScope(() => {
      server.emit(event, request as unknown as IncomingMessage, asSocket(socket), Buffer.from(rest));
      asSocket(socket).read(0);
    });
    try {
      yield* tunnel.carry();
    } finally {
      tunnel.close();
    }
  });
}

function* nothing(): Co<void> {}
