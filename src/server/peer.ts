// Who the client is, for the app: the socket's addresses, or what trusted proxies say. Made when the app asks.

import type { Peer } from '../app/index.ts';
import type { RequestHead } from '../http/index.ts';
import type { Connection } from './connection-state.ts';
import { readForwarded } from './forwarded.ts';

export class PeerView implements Peer {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly scheme: 'http' | 'https';
  readonly host: string;

  constructor(connection: Connection, head: RequestHead) {
    const { remote, local } = connection.ends();
    // Who resets a connection as soon as the request is sent has no address any more, and must not pass for a proxy.
    const forwarded = remote.known
      ? readForwarded(head, remote.address, connection.context.trusted)
      : undefined;
    this.address = forwarded?.address ?? remote.address;
    this.port = forwarded?.port ?? remote.port;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.scheme = forwarded?.scheme ?? (connection.stream.encrypted ? 'https' : 'http');
    this.host = forwarded?.host ?? (head.authority === '' ? authorityOf(local) : head.authority);
  }
}

/** One end of a connection; a unix socket's has no address. */
export interface End {
  readonly address: string;
  readonly port: number;
  /** False where the system can't say any more which one it is. */
  readonly known: boolean;
}

/** For a request that names no host: the address it came to. */
function authorityOf({ address, port }: End): string {
  if (address === '') return 'localhost';
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
