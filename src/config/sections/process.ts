// Settings: the process and what it runs on.

import { choice } from '../kinds.ts';
import { setting } from '../setting.ts';

export const process = {
  title: 'Process',
  settings: {
    interface: setting({
      kind: choice('auto', 'fetch', 'node', 'program'),
      default: 'auto',
      description:
        'What the file of siskin serve is: fetch, an app that is called with a Request; node, one of (req, res) or its framework; program, one that listens by itself; auto: what it looks like',
      reason: 'Apps differ enough to be told apart; the line at the start says what was found.',
    }),
    kernel: setting({
      kind: choice('auto', 'linux', 'node'),
      default: 'auto',
      description:
        "What sockets are made of: linux (epoll), node (Node's own net, slower), auto: the best there is",
      reason: 'On Linux its own sockets; on other systems the same server over those of Node.',
    }),
  },
} as const;
