// Settings: how many processes serve the app, and what becomes of one that fails.

import { choice, count, duration, onOff, size, texts } from '../kinds.ts';
import { setting } from '../setting.ts';

export const workers = {
  title: 'Workers',
  ofCommand: true,
  settings: {
    workers: setting({
      kind: count(1, 1024, { zero: 'one for each core', word: 'auto' }),
      default: 1,
      short: '-w',
      description: 'Processes that serve the app, or auto: one for each core',
      reason:
        'One serves tens of thousands of requests a second, and apps keep things in memory that several would not share. WEB_CONCURRENCY is read, too.',
    }),
    workerClass: setting({
      kind: choice('async', 'green', 'threads'),
      default: 'async',
      description:
        'How a worker calls the app: async, on its event loop; green, there too, and blocking calls suspend instead; threads, in a pool of threads, one request at a time each: for code that blocks',
      reason:
        'Code that waits without blocking needs no threads, which cost memory, and a light request eight times the CPU.',
    }),
    threads: setting({
      kind: count(1, 1024),
      default: 8,
      description: 'Threads of each worker, with --worker-class threads: so many requests may block at once',
      reason: 'Each loads the app anew, and has its own copy of what that keeps in memory: 17 MB and more.',
    }),
    threadMemory: setting({
      kind: size(16 * 1024 ** 2, 1024 ** 4, 'what Node allows'),
      default: 0,
      description: 'JavaScript heap of a thread, past which it is ended and replaced',
      reason: 'Only the app knows how much it needs.',
    }),
    greenInclude: setting({
      kind: texts('PATTERN', 'a package, or a path that begins with ./ or /'),
      default: [],
      description:
        'With --worker-class green: make these green too, packages (left-pad, @scope/*) or files (./lib/**); with ! in front, leave them as they are. May be repeated',
      reason:
        'The app and the frameworks that are known are green; a package that never waits gains nothing by it.',
    }),
    greenDriver: setting({
      kind: texts('NAME', 'the name of a driver, or a path that begins with ./ or /'),
      default: [],
      description:
        'With --worker-class green: packages whose blocking calls suspend, too: pg-native, sync-fetch, bcrypt, bcryptjs, synckit, node:sqlite, better-sqlite3, or a driver of your own. May be repeated',
      reason: 'Each changes what its package does, and is for those who want that.',
    }),
    blockedWarning: setting({
      kind: duration(1, 'none'),
      default: 50,
      description:
        'With --worker-class green: how long a call may block, because something in between can’t suspend, until the log says so',
      reason: 'All other requests of the worker wait meanwhile.',
    }),
    arbiter: setting({
      kind: onOff,
      default: true,
      description:
        'A parent process that keeps the listening sockets, watches the workers and replaces them; --no-arbiter: the app in this one process',
      reason:
        'A worker that crashes or hangs is replaced, and the code reloaded, without a refused connection.',
    }),
    timeout: setting({
      kind: duration(100, 'never'),
      default: 30_000,
      description:
        'How long a worker may be deaf, its event loop blocked, until it is killed and replaced; with --worker-class threads, one of its threads',
      reason: 'Nobody waits longer for an answer; a computation that takes longer belongs into a thread.',
    }),
    stallWarning: setting({
      kind: duration(100, 'none'),
      default: 1000,
      description: 'How long a worker may be deaf until the log says so',
      reason: 'All its other clients wait meanwhile.',
    }),
    bootTimeout: setting({
      kind: duration(100),
      default: 60_000,
      description: 'How long a worker may take from its start until it listens',
      reason: 'A large app on a busy machine takes seconds; one that takes a minute hangs.',
    }),
    minUptime: setting({
      kind: duration(1, 'none'),
      default: 500,
      description: 'How long a new worker must have served before a reload ends an old one',
      reason: 'An app that fails in its first moments is no replacement for one that works.',
    }),
    maxUnavailable: setting({
      kind: count(1, 1024),
      default: 1,
      description: 'How many old workers may be ending at the same time while new ones take their places',
      reason: 'While an old worker finishes what it does, the machine has one process more.',
    }),
    maxRequests: setting({
      kind: count(1, Number.MAX_SAFE_INTEGER, { zero: 'any number' }),
      default: 0,
      description:
        'Requests after which a worker is replaced by a new one, which serves before the old one ends',
      reason: 'A remedy for an app that leaks while its leak is looked for; none is needed otherwise.',
    }),
    maxRequestsJitter: setting({
      kind: count(1, Number.MAX_SAFE_INTEGER, { zero: 'none' }),
      default: 0,
      description: 'How many requests more it may be, at random for each worker',
      reason: 'Workers that began together would be replaced in a row.',
    }),
    maxMemory: setting({
      kind: size(1024 ** 2, 1024 ** 5, 'any amount'),
      default: 0,
      description: 'Resident memory above which a worker is replaced in the same way',
      reason: 'Only the app knows how much it needs.',
    }),
    maxAge: setting({
      kind: duration(1000, 'any age'),
      default: 0,
      description: 'Age at which a worker is replaced in the same way',
      reason: 'As for maxRequests.',
    }),
  },
} as const;
