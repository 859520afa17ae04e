// How every command looks: its help, and what a mistake in its arguments is answered with.

import type { Command } from 'commander';
import { layOutHelp } from './flags.ts';

export function prepare(command: Command): void {
  layOutHelp(command);
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(inOurWords(text)),
  });
  command.showHelpAfterError(false);
}

/** What to write in the place of the flags that other servers have. */
const FOREIGN_FLAGS: ReadonlyArray<readonly [flags: RegExp, hint: string]> = [
  [/^unknown option '(?:--reload|--watch)\b/, 'To restart it when a file changes: siskin dev app.ts'],
  [
    /^unknown option '(?:-D|--daemon)\b/,
    'To run it in the background: a service manager, see examples/deploy',
  ],
  [/^unknown option '(?:-e|--env)\b/, 'For environment variables: --env-file FILE'],
  [
    /^unknown option '(?:-p|--port)\b/,
    'To choose the port: --bind 3000, or --bind :3000 for every interface',
  ],
  [/^unknown option '(?:-H|--host|--hostname|--address)\b/, 'To choose the address: --bind 0.0.0.0:8000'],
];

/** An error of commander's as this program says it. */
function inOurWords(text: string): string {
  const message = text
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*)'\. /, '$2 $1: ')
    .replace(/\n\(Did you mean (.*)\?\)/, '\n  Did you mean $1?')
    .trimEnd();
  const hint = FOREIGN_FLAGS.find(([flags]) => flags.test(message))?.[1];
  const suggested = message.includes('\n');
  return `siskin: ${message}${hint === undefined || suggested ? '' : `\n  ${hint}`}\n`;
}
