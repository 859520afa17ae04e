// What a handler is told beside its Request: who is at the other end, and a way to go on working after the answer.

import { isIPv6 } from 'node:net';
import type { Exchange } from '../exchange.ts';
import type { Background } from './background.ts';

/** The second argument of a fetch handler. */
export interface RequestInfo {
  /** The client's address (numeric), behind trusted proxies the one they name; '' over a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Keeps the server from stopping before `promise` has settled. A rejection is logged. */
  readonly waitUntil: (promise: PromiseLike<unknown>) => void;
  /** As Deno tells the client's address. */
  readonly remoteAddr: { readonly transport: 'tcp'; readonly hostname: string; readonly port: number };
  /** As Bun does. */
  requestIP(request: unknown): { address: string; family: 'IPv4' | 'IPv6'; port: number } | null;
  /** As a Worker's context has it: there is nothing to pass a failed request on to, so it does nothing. */
  passThroughOnException(): void;
}

export class ExchangeInfo implements RequestInfo {
  readonly #exchange: Exchange;
  readonly #background: Background;

  constructor(exchange: Exchange, background: Background) {
    this.#exchange = exchange;
    this.#background = background;
  }

  get remoteAddress(): string {
    return this.#exchange.peer.address;
  }

  get remotePort(): number {
    return this.#exchange.peer.port;
  }

  get localAddress(): string {
    return this.#exchange.peer.localAddress;
  }

  get localPort(): number {
    return this.#exchange.peer.localPort;
  }

  // Bound, so that `const { waitUntil } = info` works.
  get waitUntil(): (promise: PromiseLike<unknown>) => void {
    return (promise) => this.#background.add(promise);
  }

  get remoteAddr(): RequestInfo['remoteAddr'] {
    const { address, port } = this.#exchange.peer;
    return { transport: 'tcp', hostname: address, port };
  }

  requestIP(): ReturnType<RequestInfo['requestIP']> {
    const { address, port } = this.#exchange.peer;
    return address === '' ? null : { address, family: isIPv6(address) ? 'IPv6' : 'IPv4', port };
  }

  passThroughOnException(): void {}
}
