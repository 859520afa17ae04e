// The commands that speak to an arbiter that runs: `siskin ctl`, `siskin top`.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { prepare } from './prepare.ts';

/** Where the arbiter is. */
export interface ControlOptions {
  readonly controlSocket?: string;
  readonly pid?: number;
  readonly config?: string;
  readonly json?: boolean;
}

const EPILOGUE = `
The arbiter is found by the directory: run this where siskin serve was started,
as the same user. --control-socket and --pid name another one.

Exit status: 0 done, 1 not done (the message says why), 2 wrong usage.`;

export function addControlCommands(root: Command): void {
  const ctl = root
    .command('ctl')
    .description('Ask a running server what it does, or tell it what to do')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false)
    .addHelpText('after', EPILOGUE);
  prepare(ctl);
  const add = (usage: string, description: string): Command => {
    const command = withPlace(ctl.command(usage)).description(description);
    command.addOption(new Option('--json', 'Write JSON'));
    return command;
  };
  add('status', 'Workers: age, requests, memory, how busy').action(async (options: ControlOptions) => {
    await (await import('./ctl.ts')).statusCommand(options);
  });
  add('stacks', 'Where the JavaScript of each worker is now').action(async (options: ControlOptions) => {
    await (await import('./ctl.ts')).stacksCommand(options);
  });
  for (const [name, description] of [
    ['reload', 'Replace all workers, with everything read anew; waits, and says whether it worked'],
    ['reopen', 'Open log files anew, after they were rotated'],
  ] as const) {
    add(name, description).action(async (options: ControlOptions) => {
      await (await import('./ctl.ts')).orderCommand({ command: name }, options);
    });
  }
  for (const [name, description] of [
    ['stop', 'Finish what is in flight, and end; waits until it has ended'],
    ['quit', 'End at once; waits until it has ended'],
  ] as const) {
    add(name, description)
      .addOption(new Option('--no-wait', 'Return when it has been told'))
      .action(async (options: ControlOptions & { wait: boolean }) => {
        await (await import('./ctl.ts')).endCommand({ command: name }, options);
      });
  }
  add('scale', 'So many workers from now on')
    .argument('<WORKERS>', 'how many', workerCount)
    .action(async (workers: number, options: ControlOptions) => {
      await (await import('./ctl.ts')).orderCommand({ command: 'scale', workers }, options);
    });

  const worker = ctl.command('worker').description('One worker: kill PID').helpCommand(false);
  prepare(worker);
  withPlace(worker.command('kill'))
    .description('Kill a worker; another takes its place')
    .argument('<PID>', 'its process id', wholeNumber)
    .addOption(new Option('--json', 'Write JSON'))
    .action(async (pid: number, options: ControlOptions) => {
      await (await import('./ctl.ts')).orderCommand({ command: 'kill', pid }, options);
    });

  withPlace(root.command('top').description('What siskin ctl status says, live'))
    .helpOption('-h, --help', 'Print this help')
    .action(async (options: ControlOptions) => {
      await (await import('./top.ts')).topCommand(options);
    });
}

function withPlace(command: Command): Command {
  prepare(command);
  return command
    .helpOption('-h, --help', 'Print this help')
    .addOption(new Option('--control-socket <PATH>', "The arbiter's socket"))
    .addOption(new Option('--pid <PID>', 'The process id of the arbiter').argParser(wholeNumber))
    .addOption(new Option('-c, --config <FILE>', 'The configuration file that names the socket'));
}

/** As many as the setting `workers` takes. */
function workerCount(text: string): number {
  const count = wholeNumber(text);
  if (count > 1024) throw new InvalidArgumentError('It is above 1024.');
  return count;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is not a whole number above 0.');
  return Number(text);
}
