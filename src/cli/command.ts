// The commands and flags of `siskin`, and what a mistake in them looks like. Called by `main.ts`. Exit statuses:
// 0 stopped as asked, 1 failed while running, 2 wrong usage, 3 the app failed to load.

import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addSettingFlags, layOutHelp } from './flags.ts';

const USAGE_STATUS = 2;

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

Run siskin serve --help for every setting.`;

/** Runs one command. Sets `process.exitCode`; what goes wrong is written to standard error. */
export async function runCommand(args: readonly string[]): Promise<void> {
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

  const serve = root
    .command('serve')
    .description('Serve an app until told to stop (SIGTERM, SIGINT)')
    .usage('[options] <APP> [-- ARGUMENTS OF THE APP]')
    .argument('<APP>', 'file that exports the app, as app.ts or app.ts:exportName, or listens itself')
    .helpOption('-h, --help', 'Print this help')
    .addHelpText('after', EPILOGUE)
    .action(async (app: string, flags: Record<string, unknown>) => {
      const { serveCommand } = await import('./serve.ts');
      await serveCommand(app, flags, rest);
    });
  prepare(serve);
  addSettingFlags(serve);
  return root;
}

/** Of the package that this file is in: the same path from `src/cli` and from `dist/cli`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function prepare(command: Command): void {
  layOutHelp(command);
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(inOurWords(text)),
  });
  command.showHelpAfterError(false);
}

/** What to write in the place of the flags that other servers have. */
const FOREIGN_FLAGS: ReadonlyArray<readonly [flags: RegExp, hint: string]> = [
  [
    /^unknown option '(?:-p|--port)\b/,
    'To choose the port: --bind 3000, or --bind :3000 for every interface',
  ],
  [/^unknown option '(?:-H|--host|--hostname|--address)\b/, 'To choose the address: --bind 0.0.0.0:8000'],
  [/^missing required argument 'APP'/, 'Name the file that exports your app: siskin serve app.ts'],
];

/** An error of commander's as this program says it. */
function inOurWords(text: string): string {
  const message = text
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)/, '\n  Did you mean $1?')
    .trimEnd();
  const hint = FOREIGN_FLAGS.find(([flags]) => flags.test(message))?.[1];
  const suggested = message.includes('\n');
  return `siskin: ${message}${hint === undefined || suggested ? '' : `\n  ${hint}`}\n`;
}

function isAppFile(argument: string): boolean {
  return existsSync(argument.replace(/:[\w$]+$/, ''));
}
