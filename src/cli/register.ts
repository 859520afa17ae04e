// `node --import siskin/register server.js`: every `http.createServer(...).listen()` of the program is served by our engine.
// Settings come from the environment, `SISKIN_*`. It is quiet: what is logged goes to standard error, and the line at
// the start only where SISKIN_LOG_LEVEL asks for it.
//
// A worker thread keeps Node's own engine: ending a thread that polls descriptors ends the process.

import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { ConfigError, isBindGiven, type ResolvedSettings, resolveSettings } from '../config/index.ts';
import { formatAddress } from '../kernel/index.ts';
import { processLogs } from '../log/index.ts';
import { configure, kernelName, onListening } from '../node/index.ts';
import { dieWithServers, takeOver } from '../worker/index.ts';

async function readSettings(): Promise<ResolvedSettings> {
  try {
    return await resolveSettings({ env: process.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`siskin: ${error.message}\n`);
    process.exit(error.exitCode);
  }
}

if (isMainThread) {
  const resolved = await readSettings();
  const { settings, origins, warnings } = resolved;
  const logLevel = origins.logLevel.kind === 'default' ? 'warn' : settings.logLevel;
  const { log, access } = processLogs({ ...settings, logLevel }, { quiet: process.stderr });
  for (const warning of warnings) log.warn({}, warning);
  // Only an address meant for us overrides the one that the program asks for.
  const given = isBindGiven(resolved);
  configure({ settings, log, recordAccess: access?.record, ...(given && { bind: settings.bind }) });
  takeOver();
  let first = true;
  onListening(({ addresses }) => {
    if (first) dieWithServers(log, () => access?.flush());
    first = false;
    const where = `pid ${process.pid}, Node ${process.versions.node}, ${kernelName()}`;
    log.info({}, `listening on ${addresses.map(formatAddress).join(', ')} (${where})`);
  });
}
