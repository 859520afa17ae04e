// Ends a Node that is too old, and says what is needed: the first thing that the command, `siskin/register` and
// `siskin/green` do. They import the rest afterwards, since an old Node can't read it, and would answer with a syntax error
// or with what it lacks. So this file imports nothing, its syntax is old, and so are the functions that it calls.

/** `engines` in package.json says the same number. */
const REQUIRED_NODE = 24;

export function refuseOldNode(): void {
  if (Number.parseInt(process.versions.node, 10) >= REQUIRED_NODE) return;
  process.stderr.write(
    `siskin: Node ${REQUIRED_NODE} or later is needed, and this is Node ${process.versions.node} (${process.execPath})\n` +
      '  Install one from https://nodejs.org, or for this project alone: npm install --save-dev node@26\n' +
      '  (npx and npm scripts then use that one).\n',
  );
  process.exit(1);
}
