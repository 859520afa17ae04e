// Settings: how much the server takes, from one client and from all. Whatever a client can make grow is here.

import { count, duration, size } from '../kinds.ts';
import { setting } from '../setting.ts';

const MAX_SIZE = Number.MAX_SAFE_INTEGER;

export const limits = {
  title: 'Limits',
  settings: {
    limitRequestLine: setting({
      kind: size(64, 1024 ** 2),
      default: 8192,
      description: 'Longest request line; past it 414',
      reason: 'RFC 9112, section 3, recommends at least 8000 bytes; common proxies stop at 8 KB themselves.',
    }),
    limitRequestHeaders: setting({
      kind: size(256, 1024 ** 2),
      default: 16_384,
      description: 'Largest header section, in all; past it 431',
      reason:
        "Room for two cookie jars at a browser's limit of 4 KB a cookie and more; the same as Node's own limit.",
    }),
    limitRequestFields: setting({
      kind: count(1, 10_000),
      default: 100,
      description: 'Most header fields in a request; past it 431',
      reason: 'Browsers send about 15 and proxies add some; the same as Gunicorn, Apache and Granian.',
    }),
    limitRequestBody: setting({
      kind: size(0, MAX_SIZE),
      default: 100 * 1024 ** 2,
      description: 'Largest request body, chunked ones too; past it 413',
      reason: 'Uploads of photos and documents pass. An app that takes more says so by raising it.',
    }),
    maxConnections: setting({
      kind: count(1, 1_000_000),
      default: 10_000,
      description: 'Open connections; past it accepting pauses, and new ones wait in the backlog',
      reason: 'About 30 MB when all are idle. Waiting in the queue is better than being refused.',
    }),
    maxInFlight: setting({
      kind: count(1, 1_000_000),
      default: 5000,
      description: 'Requests that the app works on at once; past it 503 with Retry-After',
      reason:
        'Half of maxConnections. More than that at once is a queue that grows faster than it empties, and every one in it gets slower.',
    }),
    maxPipelined: setting({
      kind: count(1, 10_000),
      default: 64,
      description: 'Pipelined requests of one connection answered at a stretch; then others have their turn',
      reason:
        'Clients that pipeline send 2 to 16; what does not fit waits in the socket, where it costs nothing.',
    }),
    maxBufferedPerConnection: setting({
      kind: size(16_384, MAX_SIZE),
      default: 256 * 1024,
      description:
        'Bytes of one connection that may wait in memory, each way; past it reading or writing pauses',
      reason:
        'Enough to keep a fast client busy while the app is not, small enough for thousands of slow ones.',
    }),
    maxBuffered: setting({
      kind: size(1024 ** 2, MAX_SIZE),
      default: 256 * 1024 ** 2,
      description: 'The same for all connections together; past it 503 with Retry-After',
      reason:
        'A thousand connections at their own limit. The process stays far from the memory at which it is killed.',
    }),
    retryAfter: setting({
      kind: duration(1000),
      default: 5000,
      description: 'What Retry-After says in a 503, in whole seconds',
      reason:
        'An overload of a moment is over by then, and the clients do not all come back within the next second.',
    }),
  },
} as const;
