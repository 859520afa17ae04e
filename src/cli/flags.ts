// Command-line flags made from the settings table, and the looks of `--help`: grouped by section, two columns that
// fit 80 characters, each with its default. Values stay texts here; `config` reads and checks them.

import { type Command, Option } from 'commander';
import { flagOf, formatValue, isList, placeholder, SECTIONS, type Setting } from '../config/index.ts';

/** Where descriptions begin. A longer flag has its description on the next line. */
const COLUMN = 32;

/** Adds a flag for every setting. */
export function addSettingFlags(command: Command): void {
  for (const section of SECTIONS) {
    for (const [key, row] of Object.entries(section.settings)) {
      for (const option of optionsFor(key, row)) command.addOption(option.helpGroup(`${section.title}:`));
    }
  }
}

function optionsFor(key: string, row: Setting): Option[] {
  const flag = row.short === undefined ? flagOf(key) : `${row.short}, ${flagOf(key)}`;
  const description = `${row.description} (${describeDefault(row)})`;
  if (row.kind.type === 'switch') {
    const on = new Option(flag, description);
    const off = new Option(flagOf(key).replace('--', '--no-'), description);
    return row.default === true ? [on.hideHelp(), off] : [on, off.hideHelp()];
  }
  const option = new Option(`${flag} <${placeholder(row.kind)}>`, description);
  if (isList(row.kind)) option.argParser((value: string, earlier: string[] = []) => [...earlier, value]);
  return [option];
}

/** `default 30s`; `debug, info, warn or error; default info` */
function describeDefault(row: Setting): string {
  const { kind } = row;
  const zero = row.default === 0 && 'zero' in kind ? `: ${kind.zero}` : '';
  const words = kind.type === 'choice' ? `${kind.words.join(', ').replace(/, (?=[^,]*$)/, ' or ')}; ` : '';
  return `${words}default ${formatValue(kind, row.default)}${zero}`;
}

/** Lays out `--help` in two columns. */
export function layOutHelp(command: Command): void {
  command.configureHelp({
    helpWidth: Math.min(process.stdout.columns ?? 80, 100),
    padWidth: () => COLUMN - 2,
    formatItem(term, width, description, helper) {
      const indent = ' '.repeat(width + 2);
      const text = helper
        .boxWrap(description, (helper.helpWidth ?? 80) - COLUMN)
        .replaceAll('\n', `\n${indent}`);
      const separator = term.length > width - 2 ? `\n${indent}` : ' '.repeat(width - term.length);
      return text === '' ? `  ${term}` : `  ${term}${separator}${text}`;
    },
  });
}
