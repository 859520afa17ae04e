// `siskin check APP`: reads everything as a start does, loads the app in a worker, says what was found, and ends. Nothing
// that runs is touched.

import process from 'node:process';
import { type Checked, checkApp } from '../arbiter/index.ts';
import {
  formatValue,
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
  if (!json) process.stdout.write(`${settingsTable(resolved)}\n`);
  for (const warning of resolved.warnings) process.stderr.write(`siskin: ${warning}\n`);
  const checked = await checkApp(plan);
  process.stdout.write(json ? `${JSON.stringify(asJson(resolved, specifier, checked), undefined, 2)}\n` : '');
  if ('ready' in checked) {
    if (!json) process.stdout.write(`${specifier} loads: ${describe(checked)}\n`);
    process.exit(0);
  }
  // The worker has said why.
  if (!json) process.stdout.write(`${specifier} can't be served\n`);
  process.exit(checked.status);
}

function describe({ ready: { kind } }: Extract<Checked, { ready: unknown }>): string {
  if (kind.interface === 'program') return 'a program that listens by itself';
  return `${kind.shape ?? 'an app'} (--interface ${kind.interface})`;
}

/** What is set, and by whom; of the rest, how much there is. */
function settingsTable({ settings, origins }: ResolvedSettings): string {
  const rows = SECTIONS.flatMap((section) =>
    Object.entries(section.settings).map(([key, row]) => [
      key,
      formatValue(row.kind, settings[key as SettingKey]),
      describeOrigin(origins[key as SettingKey]),
    ]),
  );
  return table(['setting', 'value', 'from'], rows);
}

function describeOrigin({ kind, name, file }: Origin): string {
  if (kind === 'default') return 'default';
  if (kind === 'environment') return `environment ${name}`;
  return kind === 'file' ? file! : name;
}

function asJson({ settings, origins, warnings }: ResolvedSettings, app: string, checked: Checked): unknown {
  const rows = Object.entries(settings).map(([key, value]) => [
    key,
    { value, from: describeOrigin(origins[key as SettingKey]) },
  ]);
  const outcome =
    'ready' in checked ? { ok: true, ...checked.ready.kind } : { ok: false, message: checked.failure };
  return { app, ...outcome, warnings, settings: Object.fromEntries(rows) };
}
