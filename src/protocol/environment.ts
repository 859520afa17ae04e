// Variables of the environment that are between processes of ours, or between the arbiter and who has started it: an app is not
// to take them for its own.

/** Tells a new arbiter that it takes over from another one: the descriptor of their channel. */
export const TAKEOVER = '_SISKIN_TAKEOVER';

/** sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3). */
const OF_THE_ARBITER = [
  TAKEOVER,
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
];

/** `env` without what is for the arbiter alone. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = { ...env };
  for (const name of OF_THE_ARBITER) delete rest[name];
  return rest;
}
