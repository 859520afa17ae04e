// How sockets tell whoever watches them (a poller, a test's client) that something happened: an edge, after which the
// watcher asks for the state. The rules are epoll's, tried on Linux 6.18.

/** Something that can be watched. */
export interface Pollable {
  readonly watchers: Watcher[];
  /** What is true of it at this moment: READABLE, WRITABLE, PEER_CLOSED, HANGUP. */
  readiness(): number;
  describe(): string;
}

export interface Watcher {
  /** `edge` is READABLE or WRITABLE, or 0 where the whole state may have changed. */
  notify(edge: number): void;
}

export function wake(socket: Pollable, edge: number): void {
  const { watchers } = socket;
  for (let i = 0; i < watchers.length; i++) watchers[i]!.notify(edge);
}

export function unwatch(socket: Pollable, watcher: Watcher): void {
  const at = socket.watchers.indexOf(watcher);
  if (at !== -1) socket.watchers.splice(at, 1);
}
