// `siskin check APP`: reads everything as a start does, loads the app in a worker, says what was found, and ends. Nothing
// that runs is touched.

import process from 'node:process';
import { type Checked, checkApp, type Served } from '../arbiter/index.ts';
import {
  formatBind,
  formatValue,
  isBindGiven,
  type Origin,
  type ResolvedSettings,
  SECTIONS,
  type SettingKey,
} from '../config/index.ts';
import { type CommandLine, readPlan } from './configuration.ts';
import { refuse } from './serve.ts';
import { table } from './table.ts';

export async function checkCommand(command: CommandLine, json: boolean): Promise<void> {
  const plan = await readPlan(command).catch(refuse);
  plan.hooks.close();
  const { resolved, specifier } = plan.boot;
  for (const warning of resolved.warnings) process.stderr.write(`siskin: ${warning}\n`);
  // Where it can't be served, the worker says why.
  const checked = await checkApp(plan);
  const rows = settingRows(resolved, whereItself(resolved, specifier, checked));
  process.stdout.write(json ? asJson(specifier, resolved, rows, checked) : asText(specifier, rows, checked));
  process.exit('ready' in checked ? 0 : checked.status);
}

interface Row {
  readonly key: string;
  readonly value: unknown;
  /** As people read it. */
  readonly text: string;
  readonly from: string;
}

/** What is set, and by whom. */
function settingRows({ settings, origins }: ResolvedSettings, bind: Row | undefined): Row[] {
  const rows = SECTIONS.flatMap((section) =>
    Object.entries(section.settings).map(([key, { kind }]) => {
      const value = settings[key as SettingKey];
      return { key, value, text: formatValue(kind, value), from: describeOrigin(origins[key as SettingKey]) };
    }),
  );
  return rows.map((row) => (row.key === bind?.key ? bind : row));
}

/** The row of `bind` for a program that listens where it wants to: nobody has said where. */
function whereItself(resolved: ResolvedSettings, specifier: string, checked: Checked): Row | undefined {
  if (!('ready' in checked) || checked.ready.kind.interface !== 'program') return undefined;
  if (isBindGiven(resolved)) return undefined;
  const { listens } = checked;
  return { key: 'bind', value: listens, text: addresses(checked), from: `${specifier}, by itself` };
}

function addresses({ listens }: Served): string {
  return listens.map(formatBind).join(', ');
}

function asText(specifier: string, rows: readonly Row[], checked: Checked): string {
  const all = table(
    ['setting', 'value', 'from'],
    rows.map(({ key, text, from }) => [key, text, from]),
  );
  const outcome = 'ready' in checked ? `loads: ${describe(checked)}` : "can't be served";
  return `${all}\n${specifier} ${outcome}\n`;
}

function describe(served: Served): string {
  const { kind } = served.ready;
  if (kind.interface === 'program') return `a program that listens by itself, on ${addresses(served)}`;
  return `${kind.shape ?? 'an app'} (--interface ${kind.interface})`;
}

function describeOrigin({ kind, name, file }: Origin): string {
  if (kind === 'default') return 'default';
  if (kind === 'environment') return `environment ${name}`;
  return kind === 'file' ? file! : name;
}

function asJson(app: string, { warnings }: ResolvedSettings, rows: readonly Row[], checked: Checked): string {
  const outcome =
    'ready' in checked
      ? { ok: true, ...checked.ready.kind, listens: checked.listens.map(formatBind) }
      : { ok: false, message: checked.failure };
  const settings = Object.fromEntries(rows.map(({ key, value, from }) => [key, { value, from }]));
  return `${JSON.stringify({ app, ...outcome, warnings, settings }, undefined, 2)}\n`;
}
