// The commands about green code: `siskin green check`.

import type { Command } from 'commander';
import { addSettingFlags } from './flags.ts';
import { prepare } from './prepare.ts';

/** `ofApp`: what commands that take an app have in common. `rest`: the app's own arguments. */
export function addGreenCommands(
  root: Command,
  ofApp: (command: Command) => Command,
  rest: readonly string[],
): void {
  const green = root
    .command('green')
    .description('Blocking code that suspends instead of blocking: green check APP')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false);
  prepare(green);
  const check = ofApp(green.command('check'))
    .description(
      'Load an app, say what of it would run green, what would stay plain and why, and which variables it writes where others can run meanwhile',
    )
    .option('--json', 'Write JSON')
    .option('--strict', 'Exit with 1 where such variables are found')
    .action(async (app: string | undefined, { json, strict, ...flags }: Record<string, unknown>) => {
      const { greenCheckCommand } = await import('./green-check.ts');
      await greenCheckCommand(
        { specifier: app, flags, rest },
        { json: json === true, strict: strict === true },
      );
    });
  addSettingFlags(check);
}
