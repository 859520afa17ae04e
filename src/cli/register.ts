// `node --import siskin/register server.js`: every `http.createServer(...).listen()` of the program is served by our engine.
// Settings come from the environment, `SISKIN_*`. It is quiet: what is logged goes to standard error, and the line at
// the start only where SISKIN_LOG_LEVEL asks for it.
//
// A worker thread keeps Node's own engine: ending a thread that polls descriptors ends the process.

import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { ConfigError, type ResolvedSettings, resolveSettings } from '../config/index.ts';
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
  const { settings, origins, warnings } = await readSettings();
  const logLevel = origins.logLevel.kind === 'default' ? 'warn' : settings.logLevel;
  const { log, access } = processLogs({ ...settings, logLevel }, { quiet: process.stderr });
  for (const warning of warnings) log.warn({}, warning);
  // A `PORT` is the program's to read; only an address meant for us overrides the one that it asks for.
  const given = origins.bind.kind === 'environment' && origins.bind.name !== 'PORT';
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
