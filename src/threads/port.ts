// A MessagePort as both sides use it.

import type { MessagePort } from 'node:worker_threads';
import type { Port } from './messages.ts';

export function portOf<Out, In>(port: MessagePort): Port<Out, In> {
  return {
    postMessage: (message, transfer) => {
      if (transfer === undefined) port.postMessage(message);
      else port.postMessage(message, transfer as ArrayBuffer[]);
    },
    on: (_event, listener) => port.on('message', listener),
  };
}
