// The commands and flags of `siskin`, and what a mistake in them looks like. Called by `main.ts`. Exit statuses:
// 0 stopped as asked, 1 failed while running, 2 wrong usage, 3 the app failed to load.

import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addControlCommands } from './control-commands.ts';
import { addSettingFlags } from './flags.ts';
import { addGreenCommands } from './green-commands.ts';
import { prepare } from './prepare.ts';
import { packageVersion } from './version.ts';

const USAGE_STATUS = 2;

const OUTPUTS = [process.stdout, process.stderr];

const EPILOGUE = `
Every setting is an environment variable too: --keep-alive-timeout is
SISKIN_KEEP_ALIVE_TIMEOUT. Durations take ms, s, m or h; sizes take k, M or G.

Exit status: 0 stopped as asked, 1 failed while running, 2 wrong usage,
3 the app failed to load.`;

const EXAMPLES = `
Examples:
  siskin serve app.ts
  siskin serve app.ts:admin --bind :3000 --access-log
  siskin serve server.js -- --verbose
  siskin serve app.ts --bind unix:/run/app.sock --bind 127.0.0.1:8000
  siskin dev app.ts
  siskin check app.ts
  siskin ctl reload

Run siskin serve --help for every setting.`;

/** Runs one command. Sets `process.exitCode`; what goes wrong is written to standard error. */
export async function runCommand(args: readonly string[]): Promise<void> {
  for (const output of OUTPUTS) output.on('error', leaveUnread);
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  try {
    await program(end === -1 ? [] : args.slice(end + 1)).parseAsync([...own], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.exitCode = USAGE_STATUS;
    const forgotten =
      error.code === 'commander.unknownCommand' && args[0] !== undefined && isAppFile(args[0]);
    if (forgotten) process.stderr.write(`  To serve it: siskin serve ${args.join(' ')}\n`);
  }
}

/** The whole command line. `rest`: what the app is to find as its arguments. */
export function program(rest: readonly string[] = []): Command {
  const root = new Command('siskin')
    .description('Serves web applications written for Node.js.')
    .version(`siskin ${packageVersion()}`, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  prepare(root);
  // A server's output is its log, and who stops reading that does not stop the server.
  root.hook('preAction', (_root, command) => {
    if (['serve', 'dev'].includes(command.name()))
      for (const output of OUTPUTS) output.off('error', leaveUnread);
  });

  const serve = ofApp(root.command('serve'))
    .description('Serve an app until told to stop (SIGTERM) or interrupted (SIGINT)')
    .action(async (app: string | undefined, flags: Record<string, unknown>) => {
      const { serveCommand } = await import('./serve.ts');
      await serveCommand({ specifier: app, flags, rest });
    });
  addSettingFlags(serve);

  const dev = ofApp(root.command('dev'))
    .description('Serve an app while you work on it: it is restarted when a file changes that it has loaded')
    .action(async (app: string | undefined, flags: Record<string, unknown>) => {
      const { serveCommand } = await import('./serve.ts');
      await serveCommand({ specifier: app, flags, rest, development: true });
    });
  addSettingFlags(dev);

  const check = ofApp(root.command('check'))
    .description('Load an app with all its settings, say what they are, and end')
    .option('--json', 'Write JSON')
    .action(async (app: string | undefined, { json, ...flags }: Record<string, unknown>) => {
      const { checkCommand } = await import('./check.ts');
      await checkCommand({ specifier: app, flags, rest }, json === true);
    });
  addSettingFlags(check);
  addGreenCommands(root, ofApp, rest);
  addControlCommands(root);
  return root;
}

/** What commands that take an app have in common. */
function ofApp(command: Command): Command {
  prepare(command);
  return command
    .usage('[options] <APP> [-- ARGUMENTS OF THE APP]')
    .argument(
      '[APP]',
      'file that exports the app, as app.ts or app.ts:exportName, or listens itself; without it, the app of the configuration file',
    )
    .helpOption('-h, --help', 'Print this help')
    .addHelpText('after', EPILOGUE);
}

/** Who reads the output has seen enough (`| head`). */
function leaveUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

function isAppFile(argument: string): boolean {
  return existsSync(argument.replace(/:[\w$]+$/, ''));
}
