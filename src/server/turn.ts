// A pause for the sake of others: `yield TURN` lets everything that is ready run first. Connections with many pipelined
// requests take one now and then. Waiting on the connection itself would not do: its own news would end the wait at once.

import type { Suspend } from '../task/index.ts';

export const TURN: Suspend = {
  park(waiter) {
    waiter.loop.schedule({ run: () => waiter.resume(undefined) });
  },
  unpark() {
    throw new Error('a turn is not given up: tasks that take one are not cancelled');
  },
};
