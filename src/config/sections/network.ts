// Settings: where the server listens, and on what.

import { DEFAULT_HOST, DEFAULT_PORT } from '../bind.ts';
import { binds, choice, count, fileMode, onOff } from '../kinds.ts';
import { setting } from '../setting.ts';

export const network = {
  title: 'Network',
  settings: {
    bind: setting({
      kind: binds,
      short: '-b',
      default: [{ family: 'inet', host: DEFAULT_HOST, port: DEFAULT_PORT }],
      description:
        'Listen here: HOST:PORT, [v6]:PORT, :PORT (every IPv4 interface), PORT (this machine only), unix:PATH or fd://N (inherited). May be repeated. The variable PORT means 0.0.0.0:$PORT where no other address is given',
      reason: 'Only this machine can reach it until somebody decides otherwise.',
    }),
    backlog: setting({
      kind: count(1, 65_535),
      default: 2048,
      description: 'Connections that the kernel queues until they are accepted',
      reason:
        'A burst of new clients waits instead of being refused. The kernel caps it at net.core.somaxconn (4096 on current kernels).',
    }),
    unixMode: setting({
      kind: fileMode,
      default: 0o666,
      description: "Permission bits of a unix socket's file",
      reason:
        "A proxy under another user can connect, as it could to a port on 127.0.0.1. To keep others out, set 660 or put the socket in a directory that they can't enter.",
    }),
    reusePort: setting({
      kind: onOff,
      default: false,
      description: 'Let other processes listen on the same port (SO_REUSEPORT)',
      reason: 'Off, a second server on the port fails at once instead of taking half of its connections.',
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
