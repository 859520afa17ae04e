// Writes docs/settings.md from the settings table: `npm run docs`. With --check it only compares, and fails where the
// page is not what the table says (`npm run check:docs`).

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  expectation,
  flagOf,
  formatValue,
  placeholder,
  SECTIONS,
  type Setting,
  variableOf,
} from '../src/config/index.ts';

/** The whole page. */
export function settingsPage(): string {
  const parts = [INTRODUCTION];
  for (const { title, ofCommand, settings } of SECTIONS) {
    parts.push(`## ${title}\n`);
    if (ofCommand === true) parts.push('For the command alone: `serve()` has none of these.\n');
    parts.push(overview(settings));
    for (const [key, row] of Object.entries(settings)) parts.push(entry(key, row));
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

const INTRODUCTION = `# Settings

<!-- Made by scripts/settings-doc.ts from the table in src/config. To change it: npm run docs -->

Each setting is a flag of \`siskin serve\`, an environment variable, a line of the [configuration file](configuration.md),
and an option of \`serve()\`, unless its section is for the command alone. A flag wins over the environment, which wins over
the file, which wins over the default. Mistakes are reported all at once, with where each came from.

- **Durations** have a unit: \`500ms\`, \`30s\`, \`2m\`, \`1h\`. In the file and as an option of \`serve()\`, a number is milliseconds.
- **Sizes** are bytes, or take \`k\`, \`M\` or \`G\`, which are powers of 1024: \`8k\`, \`100M\`.
- **Switches** are \`--flag\` and \`--no-flag\`; in the environment \`on\` and \`off\`.
- **Lists** repeat the flag, or have commas in the environment.
`;

function overview(settings: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(settings).map(
    ([key, row]) =>
      `| [\`${key}\`](#${key.toLowerCase()}) | ${code(formatValue(row.kind, row.default))} | ${plain(row.description)} |`,
  );
  return ['| setting | default | what it does |', '|---|---|---|', ...rows, ''].join('\n');
}

function entry(key: string, row: Setting): string {
  const value = placeholder(row.kind);
  const flag = value === '' ? `${flagOf(key)}, --no-${flagOf(key).slice(2)}` : `${flagOf(key)} ${value}`;
  const short = row.short === undefined ? '' : `${row.short}, `;
  return [
    `### ${key}\n`,
    `${plain(row.description)}.\n`,
    `- Flag: \`${short}${flag}\`; environment: \`${variableOf(key)}\``,
    `- Value: ${plain(expectation(row.kind))}`,
    `- Default: ${code(formatValue(row.kind, row.default))}. ${plain(row.reason)}\n`,
  ].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A text in a Markdown table or paragraph, where `*` and `|` mean something. */
function plain(text: string): string {
  return text.replace(/[*|<]/g, '\\$&');
}

if (import.meta.main) {
  const file = resolve(dirname(import.meta.dirname), 'docs/settings.md');
  const page = settingsPage();
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
    console.log('docs/settings.md written');
  } else if (page !== readOrEmpty(file)) {
    console.error('docs/settings.md is not what the settings table says. To write it anew: npm run docs');
    process.exitCode = 1;
  } else {
    console.log('settings: docs/settings.md is what the table says');
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
