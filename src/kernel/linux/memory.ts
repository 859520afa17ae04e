// Memory whose address is known. An array that is handed to a call of libc costs koffi five questions about it, and one that
// begins in the middle of another has to be made first; for the two buffers that all connections share, that was 3% of
// what a request costs.

import { Buffer } from 'node:buffer';
import * as libc from './libc.ts';

const addresses = new WeakMap<Uint8Array, number>();

// Of the buffers asked for, the last two: one to receive into, one to send from.
let recent: Uint8Array | undefined;
let recentAddress = 0;
let earlier: Uint8Array | undefined;
let earlierAddress = 0;

/** `size` bytes whose address {@link addressOf} knows. They stay where they are: memory outside of V8's heap is not moved. */
export function allocate(size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  addresses.set(bytes, Number(libc.address(bytes)));
  return bytes;
}

/**
 * Where an array of {@link allocate} begins; `undefined` for every other. An array that was detached meanwhile has a length
 * of 0: look at that first.
 */
export function addressOf(bytes: Uint8Array): number | undefined {
  if (bytes === recent) return recentAddress;
  if (bytes === earlier) return earlierAddress;
  const address = addresses.get(bytes);
  if (address === undefined) return undefined;
  earlier = recent;
  earlierAddress = recentAddress;
  recent = bytes;
  recentAddress = address;
  return address;
}
