// `siskin green check APP`: loads the app in a green worker that serves nobody, hears from it which files it loads, and says
// what becomes of them. What is loaded is known for certain only by loading it: names of modules are computed, and chosen by
// the environment.

import { realpathSync } from 'node:fs';
import process from 'node:process';
import { checkApp, type Plan } from '../arbiter/index.ts';
import { type GreenReport, inspectGreen, type LoadedModule } from '../green/index.ts';
import { type CommandLine, readPlan } from './configuration.ts';
import { describeGreen } from './green-report.ts';
import { refuse } from './serve.ts';

const HAZARDS_FOUND = 1;

export interface GreenCheckOptions {
  readonly json: boolean;
  readonly strict: boolean;
}

export async function greenCheckCommand(
  command: CommandLine,
  { json, strict }: GreenCheckOptions,
): Promise<void> {
  const plan = await readPlan(command).catch(refuse);
  plan.hooks.close();
  const { resolved, specifier } = plan.boot;
  for (const warning of resolved.warnings) process.stderr.write(`siskin: ${warning}\n`);
  // By file: what is imported and required is told of twice.
  const modules = new Map<string, LoadedModule>();
  const checked = await checkApp(asInspected(plan), (file, format) => modules.set(file, { file, format }));
  if (!('ready' in checked)) {
    // To people the worker has said why.
    const failure = { app: specifier, ok: false, message: checked.failure };
    process.stdout.write(json ? asJson(failure) : `${specifier} can't be served\n`);
    process.exit(checked.status);
  }
  const report = await inspectGreen([...modules.values()], {
    include: resolved.settings.greenInclude,
    // As the worker sees it, whose paths have no symbolic links.
    folder: realpathSync(plan.cwd),
    drivers: resolved.settings.greenDriver,
  });
  process.stdout.write(
    json ? asJson({ app: specifier, ok: true, ...report }) : describeGreen(specifier, report),
  );
  process.exit(strict && hasHazards(report) ? HAZARDS_FOUND : 0);
}

/** Loaded as it would be served green, whatever the settings say, and in silence. */
function asInspected(plan: Plan): Plan {
  const { boot } = plan;
  const settings = { ...boot.resolved.settings, workerClass: 'green', logLevel: 'error' } as const;
  return { ...plan, boot: { ...boot, inspected: true, resolved: { ...boot.resolved, settings } } };
}

function hasHazards({ hazards }: GreenReport): boolean {
  return hazards.length > 0;
}

function asJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
