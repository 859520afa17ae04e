// Settings: which proxies are believed when they say who the client is.

import { networks } from '../kinds.ts';
import { setting } from '../setting.ts';

export const proxy = {
  title: 'Behind a proxy',
  settings: {
    forwardedAllowIps: setting({
      kind: networks,
      default: ['127.0.0.0/8', '::1', 'unix'],
      description:
        'Proxies whose X-Forwarded-For, -Proto, -Host and Forwarded headers are believed: addresses and CIDR blocks, unix for unix sockets, * for everybody. With commas, or repeated',
      reason:
        'A proxy on the same machine works without a setting. From anybody else the headers are ignored: believed, they would let any client pass for another.',
    }),
  },
} as const;
