// `process.send`, which programs call that were made to be a child of Node's (PM2, node:cluster): `process.send('ready')`. The
// arbiter has a channel of its own to its workers, so here is what such programs need of it: the message `ready`, which
// `waitReady` waits for, and that nothing else does harm. Installed by `serving.ts` before the app is loaded.

import type { Logger } from '../server/index.ts';

type Target = Pick<NodeJS.Process, 'send' | 'disconnect' | 'connected'>;

/** What the app has said. */
export interface ParentMessages {
  readonly ready: boolean;
}

/**
 * Gives `target`, which is `process`, a `send`. Where there is one already, Node's, messages go on to that. Otherwise `ready` is
 * heard, and anything else is not: the log says so once.
 */
export function hearMessages(target: Target, log: Logger): ParentMessages {
  const said = { ready: false };
  let told = false;
  const { send } = target;
  const onMessage = (message: unknown): void => {
    if (message === 'ready') said.ready = true;
    else if (send === undefined && !told) {
      told = true;
      log.info({}, 'the app sends messages to a parent (process.send): nobody hears them, but for "ready"');
    }
  };
  if (send !== undefined) {
    target.send = (...args: unknown[]) => {
      onMessage(args[0]);
      return Reflect.apply(send, target, args) as boolean;
    };
    return said;
  }
  target.connected = true;
  target.disconnect = () => {
    target.connected = false;
  };
  target.send = (message: unknown, ...rest: unknown[]) => {
    onMessage(message);
    const callback = rest.findLast((each) => typeof each === 'function');
    if (callback !== undefined) process.nextTick(callback, null);
    return true;
  };
  return said;
}
