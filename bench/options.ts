// The benchmark's flags, checked against the tables of cases and servers.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CASES, type Case } from './cases.ts';
import { SERVERS, type Server } from './servers.ts';

export interface Options {
  readonly cases: readonly Case[];
  readonly servers: readonly Server[];
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly json: boolean;
  readonly save: boolean;
  readonly readme: boolean;
  readonly install: boolean;
  readonly help: boolean;
}

export const HELP = `Measures Siskin against a bare C loop, node:http and other servers.

  npm run bench -- [flags]

  --cases NAMES       ${CASES.map((it) => it.name).join(',')} (default: all)
  --servers NAMES     ${SERVERS.map((it) => it.name).join(',')} (default: all)
  --rounds N          times that each is measured, the servers in turn (default: 3)
  --seconds N         seconds of load a time (default: 3)
  --connections N     connections of the load (default: 64)
  --json              print the results as JSON instead of tables
  --save              keep the results in bench/results/DATE.json
  --readme            write the table into README.md
  --install           install the servers to compare with, into bench/node_modules
  --help

Beside: node bench/fairness.ts, streaming.ts, slow-clients.ts, drain.ts, files.ts, workers.ts, green.ts; all.ts runs all
`;

/** Throws an {@link UsageError} that says what is wrong and what would be right. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parse({
    args: [...args],
    options: {
      ...{ cases: TEXT, servers: TEXT, rounds: TEXT, seconds: TEXT, connections: TEXT },
      ...{ json: FLAG, save: FLAG, readme: FLAG, install: FLAG, help: FLAG },
    },
  });
  return {
    cases: pick('--cases', values.cases, CASES),
    servers: pick('--servers', values.servers, SERVERS),
    rounds: count('--rounds', values.rounds, 3),
    seconds: count('--seconds', values.seconds, 3),
    connections: count('--connections', values.connections, 64),
    json: values.json,
    save: values.save,
    readme: values.readme,
    install: values.install,
    help: values.help,
  };
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const FLAG = { type: 'boolean', default: false } as const;
const TEXT = { type: 'string' } as const;

/** As `parseArgs`, but what is wrong is an {@link UsageError}. */
export function parse<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The rows named in `text`, in the table's order; all without it. */
export function pick<T extends { readonly name: string }>(
  flag: string,
  text: string | undefined,
  table: readonly T[],
): readonly T[] {
  if (text === undefined) return table;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!table.some((row) => row.name === name)) {
      throw new UsageError(`${flag}: "${name}" is none of ${table.map((row) => row.name).join(', ')}`);
    }
  }
  return table.filter((row) => names.includes(row.name));
}

/** A flag's positive whole number. */
function count(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError(`${flag}: expected a positive whole number, got "${text}"`);
  return Number(text);
}

/**
 * The flags of the smaller measurements: numbers with their defaults, `--servers` where `servers` names any, and `--only`
 * where there are `measurements` to choose from.
 *
 * @example readFlags(process.argv.slice(2), ['siskin', 'node'], { times: 30 }).numbers.times // 30
 */
export function readFlags<Name extends string, Measurement extends { readonly name: string }>(
  args: readonly string[],
  servers: readonly string[],
  defaults: Readonly<Record<Name, number>>,
  measurements: readonly Measurement[] = [],
): {
  readonly servers: readonly Server[];
  readonly numbers: Readonly<Record<Name, number>>;
  readonly only: readonly Measurement[];
} {
  const names = Object.keys(defaults) as Name[];
  const lists = [
    ...(servers.length === 0 ? [] : ['servers']),
    ...(measurements.length === 0 ? [] : ['only']),
  ];
  const options = Object.fromEntries([...lists, ...names].map((name) => [name, TEXT]));
  const values: Readonly<Record<string, string | undefined>> = parse({ args: [...args], options }).values;
  const numbers = names.map((name) => [name, count(`--${name}`, values[name], defaults[name])] as const);
  return {
    servers: servers.length === 0 ? [] : pick('--servers', values['servers'] ?? servers.join(), SERVERS),
    numbers: Object.fromEntries(numbers) as Record<Name, number>,
    only: pick('--only', values['only'], measurements),
  };
}
