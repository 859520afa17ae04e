// A MessagePort as both sides use it.

import type { MessagePort } from 'node:worker_threads';
import type { Port } from './messages.ts';

const NOTHING: readonly ArrayBuffer[] = [];

export function portOf<Out, In>(port: MessagePort): Port<Out, In> {
  return {
    postMessage: (message, transfer) => port.postMessage(message, (transfer ?? NOTHING) as ArrayBuffer[]),
    on: (_event, listener) => port.on('message', listener),
  };
}
