// Settings: how long the server waits, and for what. Every wait on a client has one.

import { duration, rate } from '../kinds.ts';
import { setting } from '../setting.ts';

export const timeouts = {
  title: 'Timeouts',
  settings: {
    headersTimeout: setting({
      kind: duration(1),
      default: 30_000,
      description: 'From the first byte of a request to the end of its headers; then 408',
      reason:
        'A slow phone needs a few seconds. A client that dribbles its headers to hold a connection gets no more.',
    }),
    bodyTimeout: setting({
      kind: duration(1),
      default: 30_000,
      description: 'Longest pause within the body of a request; then 408',
      reason: 'Long enough for a radio that lost its cell, short enough that a dead upload is not kept.',
    }),
    bodyMinRate: setting({
      kind: rate(1, 1024 ** 3, 'no minimum'),
      default: 256,
      description:
        "Least average rate of a request's body in bytes a second, over each bodyTimeout in which it is waited for; else 408",
      reason:
        'A tenth of what GPRS carries, so that no honest client meets it, while one that sends a byte now and then, to stay under bodyTimeout, does.',
    }),
    keepAliveTimeout: setting({
      kind: duration(1),
      default: 75_000,
      description: 'How long an idle connection stays open for its next request',
      reason:
        'Longer than the 60 s for which common proxies and load balancers keep theirs, so that it is they who close, and no request meets a closed connection (a 502).',
    }),
    writeTimeout: setting({
      kind: duration(1),
      default: 30_000,
      description: 'Longest pause in which a client takes nothing of its response; then it is cut',
      reason:
        "A client that has stopped reading holds memory; one that reads slowly but steadily is not affected. What it takes out of the system's own buffers shows once a third of them is free; on Linux they hold up to 4 MB (tcp_wmem).",
    }),
    handlerTimeout: setting({
      kind: duration(1, 'none'),
      default: 0,
      description: 'How long the app may take until it starts to answer; then 503, and its work is cancelled',
      reason:
        'None: only the app knows how long its work may take, and streams and long polls take long on purpose.',
    }),
    gracefulTimeout: setting({
      kind: duration(1, 'stop at once'),
      default: 30_000,
      description: 'How long requests in flight may take to end once the server is told to stop',
      reason: 'What supervisors allow before they kill: 30 s on Kubernetes, 90 s under systemd.',
    }),
    keepAliveGrace: setting({
      kind: duration(1, 'close them at once'),
      default: 2000,
      description: 'How long idle connections stay open for one more request once the server is told to stop',
      reason:
        'A request that is on its way when the server stops is answered, with Connection: close, instead of meeting a closed connection. 2 s is far longer than a round trip.',
    }),
  },
} as const;
