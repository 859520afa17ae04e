// Has our engine serve the servers of this process: what `siskin/register` and `siskin/green` do before the program runs. Settings
// come from the environment, `SISKIN_*`. It is quiet: what is logged goes to standard error, and the line at the start only
// where SISKIN_LOG_LEVEL asks for it.

import process from 'node:process';
import {
  ConfigError,
  isBindGiven,
  type ResolvedSettings,
  resolveSettings,
  type Settings,
} from '../config/index.ts';
import { formatAddress } from '../kernel/index.ts';
import { type Logger, processLogs } from '../log/index.ts';
import { configure, kernelName, onListening } from '../node/index.ts';
import { dieWithServers, takeOver } from '../worker/index.ts';

/** What the program is served with. */
export interface Registration {
  readonly settings: Settings;
  readonly log: Logger;
}

/** In the main thread, and once. */
export async function register(): Promise<Registration> {
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
  return { settings, log };
}

async function readSettings(): Promise<ResolvedSettings> {
  try {
    return await resolveSettings({ env: process.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`siskin: ${error.message}\n`);
    process.exit(error.exitCode);
  }
}
