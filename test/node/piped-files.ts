// Files to pipe into responses, and sentences about them: each holds on Node and on ours.

import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { type ReadStream, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { temporaryFolder } from '../folder.ts';
import { type Client, lastGet, listener, type Note, type Scene, same } from './parity.ts';

export const { directory: folder } = temporaryFolder('files');

export function make(name: string, length: number): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz '));
  return path;
}

export const SIZES = { empty: 0, small: 1000, middle: 100_000, large: 1_000_001, huge: 20_000_000 };
make('empty', SIZES.empty);
export const MIDDLE = make('middle', SIZES.middle);
export const HUGE = make('huge', SIZES.huge);
export const SMALL = make('small', SIZES.small);
export const LARGE = make('large', SIZES.large);

/** Parts of files that were handed over rather than read, since somebody asked last. */
let parts = 0;
const hook = createHook({
  init(_id, type) {
    if (type === 'siskin.File') parts++;
  },
});
before(() => hook.enable());
after(() => hook.disable());

export function partsHandedOver(): number {
  const found = parts;
  parts = 0;
  return found;
}

/** What everybody waits for before the scene is over. */
let settled: Promise<unknown> = Promise.resolve();

export function alsoWaitFor(promise: Promise<unknown>): void {
  const others = settled;
  settled = promise.then(() => others);
}

/** Does it when everybody has been waited for. */
export function inTheEnd(action: () => void): void {
  settled = settled.then(action);
}

/**
 * Notes the events of a stream and a response, each in its order: which of the two comes first is up to the disk. The client
 * waits for both to have closed.
 */
export function watch(note: Note, stream: ReadStream | undefined, res?: ServerResponse): ReadStream {
  const closed: Promise<string[]>[] = [];
  const follow = (
    emitter: ReadStream | ServerResponse,
    events: readonly string[],
    state: () => object,
  ): void => {
    const seen: string[] = [];
    for (const event of events) {
      emitter.on(event as 'close', (...given: unknown[]) => {
        const error = given[0] instanceof Error ? `${(given[0] as NodeJS.ErrnoException).code} ` : '';
        seen.push(`${event} ${error}${JSON.stringify(state())}`);
      });
    }
    closed.push(new Promise((resolve) => emitter.on('close', () => resolve(seen))));
  };
  if (stream !== undefined) {
    follow(stream, ['open', 'ready', 'end', 'close', 'error'], () => {
      const { bytesRead, readableEnded, destroyed, closed, pending } = stream;
      return { readableEnded, destroyed, closed, pending, ...(readableEnded && { bytesRead }) };
    });
  }
  if (res !== undefined) {
    follow(res, ['pipe', 'unpipe', 'finish', 'close'], () => {
      const { writableEnded, writableFinished, destroyed, closed } = res;
      return { writableEnded, writableFinished, destroyed, closed };
    });
  }
  settled = Promise.all([settled, ...closed]).then((seen) => {
    for (const events of seen.slice(1)) note(events);
  });
  return stream!;
}

type Listen = (...given: [...Parameters<RequestListener>, Note]) => void;

/** A sentence that holds on Node and on ours, where the bytes are `handed over`, or `read` as on Node. */
export function shows(
  sentence: string,
  way: 'handed over' | 'read',
  listen: Listen,
  script: Scene['client'] = lastGet(),
): void {
  const client = async (client: Client): Promise<void> => {
    settled = Promise.resolve();
    if (typeof script === 'string') client.send(script);
    else await script(client);
    await client.ended();
    await settled;
  };
  same(sentence, { serve: listener(listen), client }, () => {
    const count = partsHandedOver();
    assert.equal(count > 0, way === 'handed over', `${count} parts were handed over`);
  });
}
