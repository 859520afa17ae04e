// What would become of an app under `--worker-class green`, from the files that it has loaded: read again, and analysed as
// the loader does it. Nothing is run. Called by `siskin green check`.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Format, formatOf, isTypeScript } from '../loader.ts';
import { PACKAGES } from '../packages.ts';
import { Selection } from '../selection.ts';
import { type FunctionReport, GreenSyntaxError, inspect, type Known } from '../transform/index.ts';
import { withoutTypes } from '../types.ts';
import { blockingCallIn, callsHandlers, hasDriver, missingDrivers } from './packages.ts';
import type {
  Blocking,
  GreenFile,
  GreenPackageReport,
  GreenReport,
  Hazard,
  LoadedModule,
  PackageHint,
  Place,
  Plain,
  Refused,
} from './report.ts';

export interface InspectOptions {
  /** `greenInclude`. */
  readonly include: readonly string[];
  /** What relative paths are relative to, those of the report too. */
  readonly folder: string;
  /** Drivers that are enabled. */
  readonly drivers: readonly string[];
}

export function inspectModules(
  modules: readonly LoadedModule[],
  { include, folder, drivers }: InspectOptions,
): GreenReport {
  const selection = new Selection(include, folder);
  const files: GreenFile[] = [];
  const refused: Refused[] = [];
  const excluded: string[] = [];
  const loaded = new Set<string>();
  const blocking = new Map<string, string>();
  for (const { file, format: given } of modules) {
    const url = pathToFileURL(file).href;
    const name = selection.packageOf(url);
    if (name !== undefined) loaded.add(name);
    const format = formatOf(url, given);
    if (format === undefined) continue;
    const source = readFileSync(file, 'utf8');
    const chosen = selection.choose(url);
    if (chosen === undefined) {
      if (name === undefined) excluded.push(selection.shown(url));
      if (name === undefined || PACKAGES.has(name) || blocking.has(name)) continue;
      const call = blockingCallIn(source);
      if (call !== undefined) blocking.set(name, `calls ${call} (${relative(folder, file)})`);
      continue;
    }
    try {
      const javascript = isTypeScript(url, given) ? withoutTypes(source) : source;
      const functions = functionsOf(javascript, url, format, chosen);
      files.push({ file: selection.shown(url), ...(name !== undefined && { package: name }), functions });
    } catch (error) {
      if (!(error instanceof GreenSyntaxError)) throw error;
      const shown = selection.shown(url);
      refused.push({ file: shown, message: error.message.replace(url, shown) });
    }
  }
  const green = new Set(files.map((each) => each.package));
  // What is known to work is nobody's to look at.
  const own = files.filter((each) => each.package === undefined || !PACKAGES.has(each.package));
  return {
    files,
    packages: packagesOf(files),
    blocking: blockingOf(own),
    plain: plainOf(own),
    hazards: own.flatMap(hazardsOf),
    hints: hintsFor([...loaded].filter((name) => !green.has(name)).sort(), blocking),
    drivers: missingDrivers(loaded, drivers).map((name) => ({ name, flag: `--green-driver ${name}` })),
    refused,
    excluded,
  };
}

function functionsOf(source: string, url: string, format: Format, known: Known): readonly FunctionReport[] {
  if (format !== 'unknown') return inspect(source, { ...known, url, format });
  // As the loader does.
  try {
    return inspect(source, { ...known, url, format: 'commonjs' });
  } catch {
    return inspect(source, { ...known, url, format: 'module' });
  }
}

function packagesOf(files: readonly GreenFile[]): GreenPackageReport[] {
  const named = Map.groupBy(files, (each) => each.package);
  return [...named].flatMap(([name, theirs]) => {
    if (name === undefined) return [];
    const functions = theirs.flatMap((each) => each.functions);
    const green = functions.filter((each) => each.green).length;
    const why = PACKAGES.has(name) ? 'known' : 'included';
    return [{ name, why, files: theirs.length, green, plain: functions.length - green }];
  });
}

function placeOf({ file }: GreenFile, { name, line }: FunctionReport): Place {
  return { file, line, function: name };
}

function blockingOf(files: readonly GreenFile[]): Blocking[] {
  const found = new Map<string, Place[]>();
  for (const file of files)
    for (const each of file.functions)
      if (each.reason !== undefined && couldBlock(each))
        found.set(each.reason, [...(found.get(each.reason) ?? []), placeOf(file, each)]);
  return [...found].map(([reason, functions]) => ({ reason, functions }));
}

function plainOf(files: readonly GreenFile[]): Plain[] {
  const counts = new Map<string, number>();
  for (const { functions } of files)
    for (const each of functions)
      if (each.reason !== undefined && !couldBlock(each))
        counts.set(each.reason, (counts.get(each.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

/** What runs while the module is loaded may block: there is nobody yet who could wait. */
function couldBlock({ blocks, reason }: FunctionReport): boolean {
  return blocks === true && reason !== 'runs once, as its module is evaluated';
}

function hazardsOf(file: GreenFile): Hazard[] {
  return file.functions.flatMap((each) =>
    (each.writes ?? []).map(({ name, line, kind }) => ({ ...placeOf(file, each), line, name, kind })),
  );
}

function hintsFor(plain: readonly string[], blocking: ReadonlyMap<string, string>): PackageHint[] {
  return plain.flatMap((name) => {
    // Its driver is what it needs.
    if (hasDriver(name)) return [];
    const why = callsHandlers(name) ? "calls the app's functions" : blocking.get(name);
    return why === undefined ? [] : [{ name, why, flag: `--green-include ${name}` }];
  });
}
