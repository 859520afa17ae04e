// Settings: what is logged, and how it looks.

import { choice, onOff, text } from '../kinds.ts';
import { setting } from '../setting.ts';

export const logging = {
  title: 'Logging',
  ofCommand: true,
  settings: {
    accessLog: setting({
      kind: onOff,
      default: false,
      description: 'Log a line for each request to standard output',
      reason: 'A proxy in front usually has one already, and at full speed it is a large part of the work.',
    }),
    accessLogFile: setting({
      kind: text('FILE', 'a file that can be written', 'standard output'),
      default: '',
      description: 'Append the access log to this file, and keep one; SIGUSR1 opens it anew',
      reason: 'Whoever runs the server collects its output, in most places.',
    }),
    logFile: setting({
      kind: text('FILE', 'a file that can be written', 'standard output, and errors to standard error'),
      default: '',
      description: 'Append the log to this file; SIGUSR1 opens it anew',
      reason: 'As for accessLogFile.',
    }),
    logLevel: setting({
      kind: choice('debug', 'info', 'warn', 'error'),
      default: 'info',
      description: 'The least that is logged',
      reason: 'Start, stop and what went wrong.',
    }),
    logFormat: setting({
      kind: choice('auto', 'human', 'json'),
      default: 'auto',
      description: 'How log lines look; auto: for people on a terminal, JSON elsewhere',
      reason: 'Each reader gets what it can read, without a setting.',
    }),
  },
} as const;
