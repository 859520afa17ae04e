#!/usr/bin/env node
// The command `siskin`. This file only checks that Node is new enough, and imports the rest afterwards: an old Node
// can't read the rest, and would answer with a syntax error instead of saying what it lacks. So its own syntax stays
// old, and `engines` in package.json says the same number.

const REQUIRED_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < REQUIRED_NODE) {
  process.stderr.write(
    `siskin: Node ${REQUIRED_NODE} or later is needed, and this is Node ${process.versions.node} (${process.execPath})\n` +
      '  Install one from https://nodejs.org, or for this project alone: npm install --save-dev node@26\n' +
      '  (npx and npm scripts then use that one).\n',
  );
  process.exitCode = 1;
} else {
  import('./command.ts').then(({ runCommand }) => runCommand(process.argv.slice(2)));
}
