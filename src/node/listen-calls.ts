// Hears of every `listen` of the process, and tells the servers that are ours to serve from those that Node keeps. The
// command line learns here that a program listens by itself; and who expected more than there is, that it is not served.

import { Server as HttpServer } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { current, enlistStranger } from './runtime.ts';

/** `http` is ours. */
export type ListenCall = 'http' | Stranger;
type Stranger = 'https' | 'http2' | 'cluster';

const WHY: Readonly<Record<Stranger, string>> = {
  https:
    "Node's own https server serves it, since there is no TLS here: for ours, listen with http behind a proxy",
  http2: "Node's own http2 server serves it, since there is no HTTP/2 here",
  cluster:
    "Node's own http server serves it, since the connections of a node:cluster come from its primary: for ours, start several processes with reusePort",
};

const told = new Set<Stranger>();
let watcher: ((call: ListenCall, server: NetServer) => void) | undefined;

/** Calls `onCall` at each `listen` of a web server from now on, before anything is opened. */
export function watchListenCalls(onCall: (call: ListenCall, server: NetServer) => void): void {
  const installed = watcher !== undefined;
  watcher = onCall;
  if (installed) return;
  const { listen } = NetServer.prototype;
  Object.defineProperty(NetServer.prototype, 'listen', {
    value: Object.defineProperty(
      function (this: NetServer, ...args: unknown[]): unknown {
        const kind = kindOf(this);
        if (kind !== undefined) watcher!(kind, this);
        if (kind === 'https' || kind === 'http2') leaveToNode(this, kind);
        return Reflect.apply(listen, this, args);
      },
      'name',
      { value: 'listen' },
    ),
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

/** By what they have: importing `https` and `http2` to compare would cost every program their loading. */
function kindOf(server: NetServer): 'http' | 'https' | 'http2' | undefined {
  if (server instanceof HttpServer) return 'http';
  if ('updateSettings' in server) return 'http2';
  return 'setSecureContext' in server && 'closeIdleConnections' in server ? 'https' : undefined;
}

/** `server` is about to listen, and stays Node's. Said once for each reason. */
export function leaveToNode(server: NetServer, why: Stranger): void {
  server.once('listening', () => {
    enlistStranger(server);
    if (told.has(why)) return;
    told.add(why);
    current().log.warn({ address: describe(server.address()) }, WHY[why]);
  });
}

function describe(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return String(address);
  const { family, port } = address;
  return family === 'IPv6' ? `[${address.address}]:${port}` : `${address.address}:${port}`;
}
