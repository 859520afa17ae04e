// Stands in for the package libpq, which pg-native is made of, on machines where that can't be compiled (no compiler, no headers
// of PostgreSQL or of this Node): the same interface, on the libpq.so.5 that Debian's package libpq5 has. What nobody here
// uses (COPY, pipelines) isn't there. With the real one installed, nothing needs this.

import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import { HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../../../src/kernel/index.ts';
import { createKernel, Loop, type Watch } from '../../../src/loop/index.ts';
import * as native from './native.ts';

let loop: Loop | undefined;

/** Made where somebody waits without blocking, and only then. */
function waitingLoop(): Loop {
  if (loop === undefined) {
    loop = new Loop(createKernel('auto'));
    loop.attach();
  }
  return loop;
}

class PQ extends EventEmitter {
  connected = false;
  #connection: native.Pointer = null;
  #result: native.Pointer = null;
  #watch: Watch | undefined;

  connectSync(parameters = ''): void {
    this.connected = true;
    this.#connection = native.PQconnectdb(parameters);
    if (native.PQstatus(this.#connection) === 0) return;
    const error = new Error(this.errorMessage());
    this.finish();
    throw error;
  }

  connect(parameters: string, callback: (error?: Error) => void): void {
    this.connected = true;
    native.PQconnectdb.async(parameters, (failure: Error | null, connection: native.Pointer) => {
      this.#connection = connection;
      if (failure !== null) callback(failure);
      else if (native.PQstatus(connection) === 0) callback();
      else callback(new Error(this.errorMessage()));
    });
  }

  finish(): void {
    this.connected = false;
    this.stopReader();
    this.clear();
    native.PQfinish(this.#connection);
    this.#connection = null;
  }

  socket = (): number => native.PQsocket(this.#connection);
  errorMessage = (): string => native.PQerrorMessage(this.#connection);
  serverVersion = (): number => native.PQserverVersion(this.#connection);
  transactionStatus = (): number => native.PQtransactionStatus(this.#connection);

  // ── What blocks ──────────────────────────────────────────────────────────────────────────────────────────────

  exec(text?: string): void {
    this.#take(native.PQexec(this.#connection, text || ''));
  }

  execParams(text?: string, values?: readonly unknown[]): void {
    const given = strings(values);
    this.#take(native.PQexecParams(this.#connection, text || '', given.length, null, given, null, null, 0));
  }

  prepare(name: string, text: string, count: number): void {
    this.#take(native.PQprepare(this.#connection, name || '', text || '', Number(count) || 0, null));
  }

  execPrepared(name: string, values?: readonly unknown[]): void {
    const given = strings(values);
    this.#take(native.PQexecPrepared(this.#connection, name || '', given.length, given, null, null, 0));
  }

  // ── What doesn't ─────────────────────────────────────────────────────────────────────────────────────────────

  sendQuery = (text?: string): boolean => native.PQsendQuery(this.#connection, text || '') === 1;

  sendQueryParams(text?: string, values?: readonly unknown[]): boolean {
    const given = strings(values);
    const { PQsendQueryParams: send } = native;
    return send(this.#connection, text || '', given.length, null, given, null, null, 0) === 1;
  }

  sendPrepare(name: string, text: string, count: number): boolean {
    return native.PQsendPrepare(this.#connection, name || '', text || '', Number(count) || 0, null) === 1;
  }

  sendQueryPrepared(name: string, values?: readonly unknown[]): boolean {
    const given = strings(values);
    const { PQsendQueryPrepared: send } = native;
    return send(this.#connection, name || '', given.length, given, null, null, 0) === 1;
  }

  setNonBlocking = (on: unknown): boolean => native.PQsetnonblocking(this.#connection, on ? 1 : 0) === 0;
  isNonBlocking = (): boolean => native.PQisnonblocking(this.#connection) === 1;
  flush = (): number => native.PQflush(this.#connection);
  consumeInput = (): boolean => native.PQconsumeInput(this.#connection) === 1;
  isBusy = (): boolean => native.PQisBusy(this.#connection) === 1;

  getResult(): boolean {
    const result = native.PQgetResult(this.#connection);
    if (result === null) return false;
    this.#take(result);
    return true;
  }

  cancel(): true | string {
    const cancel = native.PQgetCancel(this.#connection);
    const message = Buffer.alloc(256);
    const done = native.PQcancel(cancel, message, message.length) === 1;
    native.PQfreeCancel(cancel);
    return done || message.toString('utf8', 0, message.indexOf(0));
  }

  startReader(): void {
    assert(this.connected, 'Must be connected to start reader');
    this.#await(false, () => {
      this.emit('readable');
      // Those who listen may have stopped it.
      if (this.#watch !== undefined) this.startReader();
    });
  }

  stopReader = (): void => {
    this.#watch?.close();
    this.#watch = undefined;
  };

  writable(callback: () => void): void {
    assert(this.connected, 'Must be connected to start writer');
    this.once('writable', callback);
    this.#await(true, () => {
      this.stopReader();
      this.emit('writable');
    });
  }

  /** The loop tells what is news; a watch that is new tells how it is. */
  #await(toWrite: boolean, onReady: () => void): void {
    this.stopReader();
    const wanted = toWrite ? WRITABLE | HANGUP : READABLE | PEER_CLOSED | HANGUP;
    const watch = waitingLoop().watch(this.socket(), {
      onReady: (flags) => {
        if (this.#watch === watch && (flags & wanted) !== 0) onReady();
      },
    });
    this.#watch = watch;
    if (toWrite) watch.wantWritable();
  }

  // ── The result that was taken ────────────────────────────────────────────────────────────────────────────────

  #take(result: native.Pointer): void {
    this.clear();
    this.#result = result;
  }

  clear(): void {
    if (this.#result !== null) native.PQclear(this.#result);
    this.#result = null;
  }

  resultStatus = (): string => native.PQresStatus(native.PQresultStatus(this.#result));
  resultErrorMessage = (): string => native.PQresultErrorMessage(this.#result);
  ntuples = (): number => native.PQntuples(this.#result);
  nfields = (): number => native.PQnfields(this.#result);
  fname = (column: number): string | null => native.PQfname(this.#result, column);
  ftype = (column: number): number => native.PQftype(this.#result, column);
  getvalue = (row: number, column: number): string | null => native.PQgetvalue(this.#result, row, column);
  getisnull = (row: number, column: number): boolean => native.PQgetisnull(this.#result, row, column) === 1;
  cmdStatus = (): string => native.PQcmdStatus(this.#result);
  cmdTuples = (): string => native.PQcmdTuples(this.#result);

  notifies(): { relname: string; extra: string; be_pid: number } | undefined {
    return native.takeNotification(this.#connection);
  }
}

/** Every value is sent as text, as the real one does. */
function strings(values: readonly unknown[] | undefined): (string | null)[] {
  assert(Array.isArray(values ?? []), 'Parameters must be an array');
  return (values ?? []).map((value) => (value === null ? null : String(value)));
}

export { PQ as 'module.exports' };
