// Streams of files that are piped into responses, without their bytes passing through the program. `res.sendFile`, `send`,
// serve-static and most that is written by hand come down to `fs.createReadStream(path).pipe(res)`.
//
// All of the stream stays Node's: opening and closing, events, `pipe`, pausing, errors. Where it is asked for bytes, and
// those could go nowhere but to a response of ours, it hands the response that part of the file instead of reading it.
//
//   pipe ─► flowing ─► _read ─┬─ to a response of ours alone ─► exchange.writeFile ─► sent ─┬─ more: as if nothing was read
//                             └─ anything else ─► Node's own                                └─ no more: push(null), `end`

import { AsyncResource } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import fs, { ReadStream } from 'node:fs';
import process from 'node:process';
import { Readable } from 'node:stream';
import { EAGAIN, ECANCELED } from '../../kernel/index.ts';
import { type FileStreamInternals, fileSymbols } from './internals.ts';
import { start, write } from './response.ts';
import { EXCHANGE, LEFT, type NodeResponse } from './response-state.ts';

/** Bytes that a response is handed at a time. In between, the stream can be paused, piped elsewhere or destroyed. */
const MOST_AT_ONCE = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** The part of the file that is being sent. */
const SENDING = Symbol('siskin.sending');
/** How long the file is; 0 where it is none that can be sent. */
const SIZE = Symbol('siskin.size');

type FileStream = Omit<ReadStream, keyof FileStreamInternals> &
  FileStreamInternals & {
    [SENDING]?: { cancel(): void } | undefined;
    [SIZE]?: number;
    [state: symbol]: unknown;
  };

const prototype = ReadStream.prototype as unknown as FileStream;
const node = { _read: prototype._read, _destroy: prototype._destroy, read: fs.read, fstat: fs.fstatSync };
let symbols: ReturnType<typeof fileSymbols>;

/** Puts our functions before Node's, once for the process. */
export function installFiles(): void {
  if (symbols !== undefined) return;
  symbols = fileSymbols();
  if (symbols === undefined) return;
  for (const [name, value] of Object.entries({ _read: readOrSend, _destroy: stopAndDestroy })) {
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

function readOrSend(this: FileStream, size: number): void {
  const response = destinationOf(this);
  if (response === undefined || !send(this, response, size)) node._read.call(this, size);
}

/** What is being sent holds the descriptor, and would for as long as the client takes its time. */
function stopAndDestroy(
  this: FileStream,
  error: Error | null,
  callback: (error?: Error | null) => void,
): void {
  this[SENDING]?.cancel();
  node._destroy.call(this, error, callback);
}

/** The response that is the only one to get what `stream` reads, and takes files. */
function destinationOf(stream: FileStream): NodeResponse | undefined {
  const { pipes } = stream._readableState;
  if (pipes.length !== 1) return undefined;
  const response = pipes[0] as NodeResponse;
  if (response[EXCHANGE]?.takesFiles !== true) return undefined;
  return isAlone(stream) && isOpen(response) ? response : undefined;
}

/** Nobody sees the bytes of `stream` but the response, and nobody has changed how they are read. */
function isAlone(stream: FileStream): boolean {
  return (
    stream.readableFlowing === true &&
    stream.readableLength === 0 &&
    stream.readableEncoding === null &&
    // The pipe's own.
    stream.listenerCount('data') === 1 &&
    stream.listenerCount('readable') === 0 &&
    stream._read === readOrSend &&
    stream.push === Readable.prototype.push &&
    stream[symbols!.fs] === fs &&
    fs.read === node.read
  );
}

/** It takes more, and nobody (a middleware that compresses) is in between. */
function isOpen(response: NodeResponse): boolean {
  return (
    !response.finished &&
    !response.destroyed &&
    response.strictContentLength !== true &&
    (response.write as unknown) === write
  );
}

/** Hands `response` the next part of the file. False where Node is to read it. */
function send(stream: FileStream, response: NodeResponse, size: number): boolean {
  const file = stream.fd;
  // Read at a position of its own, a descriptor that somebody else has opened would be left where it is.
  if (typeof file !== 'number' || (stream.pos === undefined && stream.path === undefined)) return false;
  const position = stream.pos ?? stream.bytesRead;
  const known = (stream[SIZE] ??= sizeOf(file));
  if (known > 0 && position === known && sizeOf(file) === known) {
    stream.push(null);
    return true;
  }
  const length = Math.min(known - position, stream.end - position + 1, MOST_AT_ONCE);
  if (length <= 0) return false;
  if (response._header === null) response._implicitHeader();
  if (!response._hasBody) return false;
  const exchange = response[EXCHANGE]!;
  start(response, exchange);
  if (length > response[LEFT]!) return false;

  response[LEFT]! -= length;
  stream[symbols!.busy] = true;
  const context = new AsyncResource('siskin.File', { requireManualDestroy: true });
  stream[SENDING] = exchange.writeFile(file, position, length, (sent, failure) => {
    response[LEFT]! += length - sent;
    context.runInAsyncScope(process.nextTick, process, goOn, stream, position + sent, failure, {
      size,
      whole: sent === length,
    });
  });
  return true;
}

/** Bytes of a regular file. What has none on a disk (as in /proc) is none that can be sent. */
function sizeOf(file: number): number {
  const { size, blocks, mode } = node.fstat(file);
  return blocks > 0 && (mode & fs.constants.S_IFMT) === fs.constants.S_IFREG ? size : 0;
}

/** A part has been sent, or as much of it as could be. */
function goOn(
  stream: FileStream,
  position: number,
  failure: number,
  { size, whole }: { readonly size: number; readonly whole: boolean },
): void {
  stream[SENDING] = undefined;
  stream[symbols!.busy] = false;
  stream.bytesRead += position - (stream.pos ?? stream.bytesRead);
  stream.pos = position;
  if (stream.destroyed) stream.emit(symbols!.idle, null);
  else if (whole) stream.push(position > stream.end ? null : NOTHING);
  else if (failure === 0) stream.push(null);
  else if (failure === -ECANCELED) stream.push(NOTHING);
  else {
    // Few bytes that are not in memory are better read. Anything else is wrong with this file, and Node finds out what.
    if (failure !== -EAGAIN) stream[SIZE] = 0;
    node._read.call(stream, size);
  }
}
