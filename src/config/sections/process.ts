// Settings: the process and what it runs on.

import { choice } from '../kinds.ts';
import { setting } from '../setting.ts';

export const process = {
  title: 'Process',
  settings: {
    kernel: setting({
      kind: choice('auto', 'linux', 'node'),
      default: 'auto',
      description:
        "What sockets are made of: linux (epoll), node (Node's own net, slower), auto: the best there is",
      reason: 'On Linux its own sockets; on other systems the same server over those of Node.',
    }),
  },
} as const;
