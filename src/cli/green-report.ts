// What `siskin green check` has found, for people: what there is to do comes last, where a terminal shows it.

import type { GreenReport } from '../green/index.ts';
import { table } from './table.ts';

const READ_MORE = 'docs/green/README.md, "What to look at before you trust it"';

/** Each section with its title; one that has nothing to say is left out. */
export function describeGreen(app: string, report: GreenReport): string {
  const sections = [
    describeApp(app, report),
    describePackages(report),
    describePlain(report),
    ...describeBlocking(report),
    describeRefused(report),
    describeExcluded(report),
    describeHints(report),
    describeDrivers(report),
    describeHazards(report),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function describeApp(app: string, { files }: GreenReport): string {
  const own = files.filter((each) => each.package === undefined);
  const rows = own.map(({ file, functions }) => {
    const green = functions.filter((each) => each.green).length;
    return [file, String(green), String(functions.length - green)];
  });
  const all = own.flatMap(({ functions }) => functions);
  const green = all.filter((each) => each.green).length;
  const head = `${app} loads. Green: ${green} of ${count(all.length, 'function')} in ${count(own.length, 'file')} of the app`;
  return rows.length === 0 ? head : `${head}\n${indent(table(['file', 'green', 'plain'], rows))}`;
}

function describePackages({ packages }: GreenReport): string {
  const rows = packages.map(({ name, why, files, green, plain }) => [
    name,
    why,
    ...[files, green, plain].map(String),
  ]);
  return rows.length === 0
    ? ''
    : `Green packages\n${indent(table(['package', 'why', 'files', 'green', 'plain'], rows))}`;
}

function describePlain({ plain }: GreenReport): string {
  if (plain.length === 0) return '';
  const rows = plain.map(({ reason, count: functions }) => [String(functions), reason]);
  return `Plain, and nothing is lost by it\n${indent(table(['functions', 'why'], rows))}`;
}

function describeBlocking({ blocking }: GreenReport): string[] {
  return blocking.map(({ reason, functions }) => {
    const lines = functions.map((each) => `${each.file}:${each.line}  ${each.function || '(anonymous)'}`);
    return `Plain, and a call in it that waits blocks: ${reason}\n${indent(lines.join('\n'))}`;
  });
}

function describeRefused({ refused }: GreenReport): string {
  if (refused.length === 0) return '';
  return `Run as they are: they can't be parsed\n${indent(refused.map(({ message }) => message).join('\n'))}`;
}

function describeExcluded({ excluded }: GreenReport): string {
  if (excluded.length === 0) return '';
  return `Left as they are, as --green-include has it\n${indent(excluded.join('\n'))}`;
}

function describeHints({ hints }: GreenReport): string {
  if (hints.length === 0) return '';
  const rows = hints.map(({ name, why, flag }) => [name, why, flag]);
  return `Packages that are not green, and may have reason to be\n${indent(table(['package', 'why', 'flag'], rows))}`;
}

function describeDrivers({ drivers }: GreenReport): string {
  if (drivers.length === 0) return '';
  const rows = drivers.map(({ name, flag }) => [name, flag]);
  return `Packages that block, and need not with their driver\n${indent(table(['package', 'flag'], rows))}`;
}

function describeHazards({ hazards }: GreenReport): string {
  if (hazards.length === 0) return 'No variable of a module is written in a function that can suspend.';
  const rows = hazards.map(({ file, line, name, kind, function: by }) => [
    `${file}:${line}`,
    kind === 'variable' ? name : `a property of ${name}`,
    by || '(anonymous)',
  ]);
  return `To look at: state of a module, shared by all requests, that is written in a function that can suspend
${indent(table(['where', 'what', 'function'], rows))}
Where it is read again after a call that waits, another request may have written it meanwhile: keep it in the request
or in an AsyncLocalStorage, or wrap the stretch in atomic() (${READ_MORE}).`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
