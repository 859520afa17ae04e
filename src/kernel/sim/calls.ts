// accept, recv and send with their faults: each is drawn where the call would have succeeded. Whatever makes the
// caller believe that it has to wait is followed by a report, or an edge-triggered caller would wait for ever.

import { EAGAIN, EMFILE, ENFILE } from '../errors.ts';
import { READABLE } from '../kernel.ts';
import type { ListenSocket } from './listener.ts';
import type { StreamSocket } from './stream.ts';
import type { World } from './world.ts';

/** The next queued connection, or a negative errno. */
export function acceptFrom(world: World, listener: ListenSocket): StreamSocket | number {
  const { queue } = listener;
  const { spuriousAgain, outOfDescriptors, aborted } = world.faults;
  while (queue.length > 0) {
    if (world.strikes(spuriousAgain)) {
      listener.reportAgain();
      break;
    }
    // Nothing follows: on Linux, too, whoever ran out of descriptors has to come back by a timer.
    if (world.strikes(outOfDescriptors)) return world.random.chance(0.5) ? -EMFILE : -ENFILE;
    const connection = queue.shift()!;
    if (!world.strikes(aborted)) return connection;
    connection.abandon();
  }
  return -EAGAIN;
}

export function receiveFrom(
  world: World,
  socket: StreamSocket,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  const { shortRead, spuriousAgain } = world.faults;
  if (spuriousAgain + shortRead === 0 || (socket.readiness() & READABLE) === 0) {
    return socket.receive(bytes, offset, length);
  }
  if (world.strikes(spuriousAgain)) {
    socket.reportAgain();
    return -EAGAIN;
  }
  const most = Math.min(length, socket.input.available);
  if (most < 2 || !world.strikes(shortRead)) return socket.receive(bytes, offset, length);
  socket.reportAgain();
  return socket.receive(bytes, offset, 1 + world.random.below(most - 1));
}

export function sendTo(
  world: World,
  socket: StreamSocket,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  const { shortWrite, spuriousAgain } = world.faults;
  const faulty = spuriousAgain + shortWrite > 0 && length > 0 && socket.error === 0;
  const room = faulty ? socket.room() : 0;
  if (room <= 0) return socket.send(bytes, offset, length);
  if (world.strikes(spuriousAgain)) {
    socket.reportAgain();
    return -EAGAIN;
  }
  const most = Math.min(length, room);
  if (most < 2 || !world.strikes(shortWrite)) return socket.send(bytes, offset, length);
  socket.reportAgain();
  return socket.send(bytes, offset, 1 + world.random.below(most - 1));
}
