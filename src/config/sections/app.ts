// Settings: what is served.

import { choice, onOff, text } from '../kinds.ts';
import { setting } from '../setting.ts';

export const app = {
  title: 'App',
  ofCommand: true,
  settings: {
    interface: setting({
      kind: choice('auto', 'fetch', 'node', 'program'),
      default: 'auto',
      description:
        'What the file of siskin serve is: fetch, an app that is called with a Request; node, one of (req, res) or its framework; program, one that listens by itself; auto: what it looks like',
      reason: 'Apps differ enough to be told apart; the line at the start says what was found.',
    }),
    readyPath: setting({
      kind: text('PATH', 'the path of a URL, such as /healthz', 'none', '/'),
      default: '',
      description:
        'A path of the app that must answer 2xx before a worker counts as one that serves; an export ready() does the same',
      reason: 'Most apps are ready when they are loaded.',
    }),
    waitReady: setting({
      kind: onOff,
      default: false,
      description: "A worker counts as one that serves only when its app has called process.send('ready')",
      reason: 'For programs that say it, made for PM2. Others would be waited for in vain.',
    }),
  },
} as const;
