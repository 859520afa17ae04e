// What is said when an app is served: to the arbiter, which says it for all workers, or in the log's one line at the start.

import process from 'node:process';
import { type Address, formatAddress } from '../kernel/index.ts';
import type { Kind } from '../protocol/index.ts';
import { type Logger, urlOf } from '../server/index.ts';
import type { Parent } from './parent.ts';

export interface Served {
  /** The app's path, as a person would write it. */
  readonly app: string;
  readonly kind: Kind;
  readonly addresses: readonly Address[];
  readonly kernel: string;
}

/** For a browser here; and the address, where others reach it, too: `http://localhost:8000 (0.0.0.0:8000)`. */
function toOpen(address: Address): string {
  const url = urlOf(address);
  const text = formatAddress(address);
  return address.family === 'unix' || url.endsWith(`//${text}`) ? url : `${url} (${text})`;
}

/** `listening on http://127.0.0.1:8000 (pid 4711, Node 26.9.0, linux)`. */
export function announce(
  { app, kind, addresses, kernel }: Served,
  log: Logger,
  parent: Parent | undefined,
): void {
  const texts = addresses.map((address, index) => (index === 0 ? toOpen(address) : formatAddress(address)));
  if (parent !== undefined) {
    parent.report({ type: 'ready', kind, addresses: texts, kernel });
    return;
  }
  const where = `pid ${process.pid}, Node ${process.versions.node}, ${kernel}`;
  log.info({ app, ...kind }, `listening on ${texts.join(', ')} (${where})`);
}
