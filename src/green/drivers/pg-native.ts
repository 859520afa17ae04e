// The driver for `pg-native`, which is libpq: its synchronous calls wait for the server in coroutines. They send what the call
// would (PQsendQuery for PQexec...), and take the results when they are there; what they make of them is pg-native's own.
//
// One statement at a time on a connection: who finds it busy waits. A call that can't wait, because it comes from code that
// is not green, first takes the results of the statement that is on its way, blocking, and keeps them for whom they are for.
// Left alone, libpq would throw them away.

import { type Co, Semaphore, until } from '../../task/index.ts';
import { registerTwin } from '../twin.ts';
import type { Driver } from './driver.ts';
import { type Libpq, Statement } from './pg-statement.ts';

/** What is used of pg-native's client. */
interface Client {
  readonly pq: Libpq;
  _reading: boolean;
  _startReading(): void;
  _stopReading(): void;
  /** Rows of the last result, as this client wants them. */
  _consumeQueryResults(pq: Libpq): { readonly rows: unknown };
  connectSync(parameters?: string): void;
}

interface ClientClass {
  readonly prototype: Client & Record<string, (this: Client, ...args: never[]) => unknown>;
}

/** PQtransactionStatus: a command is on its way, or results have not been taken. */
const ACTIVE = 1;

/** The synchronous calls, with what sends the same, and whether rows come of it. */
const CALLS: Readonly<Record<string, (pq: Libpq, args: readonly never[]) => boolean>> = {
  querySync: (pq, [text, values]) => (values ? pq.sendQueryParams(text!, values) : pq.sendQuery(text!)),
  prepareSync: (pq, [name, text, count]) => pq.sendPrepare(name!, text!, count!),
  executeSync: (pq, [name, parameters]) => pq.sendQueryPrepared(name!, parameters!),
};

/** Others that use the connection, which is not to be used while a statement of a coroutine is on its way. */
const OTHERS = ['query', 'prepare', 'execute', 'pipeline', 'getCopyStream', 'end'];

interface Connection {
  readonly turn: Semaphore;
  statement: Statement | undefined;
  /** The client asked to read notifications meanwhile, or did so before. */
  reads: boolean;
}

const connections = new WeakMap<Libpq, Connection>();

function connectionOf(pq: Libpq): Connection {
  let connection = connections.get(pq);
  if (connection === undefined) {
    connection = { turn: new Semaphore(1), statement: undefined, reads: false };
    connections.set(pq, connection);
  }
  return connection;
}

export const pgNative: Driver = {
  name: 'pg-native',
  package: 'pg-native',
  install(exports) {
    const { prototype } = exports as ClientClass;
    for (const [name, send] of Object.entries(CALLS)) {
      const plain = prototype[name]!;
      prototype[name] = registerTwin(guarded(plain), function* (...args) {
        return yield* run(this, plain, send, args);
      }) as (typeof prototype)[string];
    }
    for (const name of OTHERS) if (prototype[name] !== undefined) prototype[name] = guarded(prototype[name]);
    const { connectSync, _startReading: startReading } = prototype;
    registerTwin(connectSync, function* (parameters) {
      yield* connect(this as Client, connectSync, parameters);
    });
    prototype._startReading = function _startReading() {
      const connection = connections.get(this.pq);
      if (connection?.statement === undefined) startReading.call(this);
      else connection.reads = true;
    };
  },
};

/** `plain`, but a statement that is on its way comes to its end first. */
function guarded(plain: (this: Client, ...args: never[]) => unknown): typeof plain {
  const guard = {
    [plain.name](this: Client, ...args: never[]) {
      const connection = connections.get(this.pq);
      if (connection?.statement !== undefined) {
        connection.statement.finish();
        settle(this, connection);
      }
      return plain.apply(this, args);
    },
  }[plain.name]!;
  Object.defineProperty(guard, 'length', { value: plain.length });
  return guard;
}

/** The statement that was on its way is over: the client reads notifications again, if it did. */
function settle(client: Client, connection: Connection): void {
  connection.statement = undefined;
  if (!connection.reads) return;
  connection.reads = false;
  client._startReading();
}

function* run(
  client: Client,
  plain: (this: Client, ...args: never[]) => unknown,
  send: (pq: Libpq, args: readonly never[]) => boolean,
  args: readonly never[],
): Co<unknown> {
  const { pq } = client;
  const connection = connectionOf(pq);
  yield* connection.turn.acquire();
  try {
    if (connection.statement !== undefined) {
      // Of a coroutine that was cancelled and could not wait for it.
      yield* connection.statement.wait();
      settle(client, connection);
    }
    // Not connected, a query of the asynchronous kind on its way, COPY, pipeline mode: what the plain call does, and it knows.
    if (!pq.connected || pq.transactionStatus() === ACTIVE || (pq.pipelineStatus?.() ?? 0) !== 0)
      return plain.apply(client, args as never[]);
    connection.reads = client._reading;
    client._stopReading();
    const statement = new Statement(pq, () => client._consumeQueryResults(pq).rows);
    connection.statement = statement;
    try {
      statement.send(() => send(pq, args));
      yield* statement.wait();
    } finally {
      if (statement.over && connection.statement === statement) settle(client, connection);
    }
    const rows = statement.outcome();
    return send === CALLS['prepareSync'] ? undefined : rows;
  } finally {
    connection.turn.release();
  }
}

/** In libuv's pool, as `connect` does it. Whoever comes meanwhile waits for his turn. */
function* connect(client: Client, plain: (parameters?: string) => void, parameters?: string): Co<void> {
  const { pq } = client;
  const { turn } = connectionOf(pq);
  yield* turn.acquire();
  if (pq.connected) {
    turn.release();
    return plain.call(client, parameters);
  }
  const made = new Promise<Error | undefined>((resolve) => {
    pq.connect(parameters ?? '', (error) => {
      if (error) pq.finish();
      turn.release();
      resolve(error ?? undefined);
    });
  });
  let error: Error | undefined;
  try {
    error = yield* until(made);
  } catch (cancelled) {
    // A connection that is being made can't be closed before it is.
    void made.then((failed) => failed ?? pq.finish());
    throw cancelled;
  }
  if (error !== undefined) throw new Error(error.message);
}
