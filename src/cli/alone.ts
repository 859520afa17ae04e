// Settings that an arbiter carries out, where there is none: the app in one process.

import { ConfigError, defaultSettings, type ResolvedSettings, type Settings } from '../config/index.ts';

const WHERE = 'on Linux, without --no-arbiter and --kernel node';

/** Without them it would be served as root. */
const ESSENTIAL = ['user', 'group'] as const satisfies readonly (keyof Settings)[];

const WITHOUT_EFFECT = [
  'workers',
  'umask',
  'pidfile',
  'procName',
  'controlSocket',
  'timeout',
  'stallWarning',
  'bootTimeout',
  'minUptime',
  'maxUnavailable',
  'maxRequests',
  'maxRequestsJitter',
  'maxMemory',
  'maxAge',
] as const satisfies readonly (keyof Settings)[];

/** Says in the warnings what has no effect. Throws `ConfigError` where an app would run as somebody else than was asked for. */
export function withoutArbiter(resolved: ResolvedSettings): ResolvedSettings {
  const { settings, origins, warnings } = resolved;
  const defaults = defaultSettings();
  const given = (key: keyof Settings): boolean =>
    origins[key].kind !== 'default' && settings[key] !== defaults[key] && settings[key] !== 'none';
  const refused = ESSENTIAL.filter(given);
  if (refused.length > 0) {
    throw new ConfigError(
      refused.map((setting) => ({
        setting,
        origin: origins[setting],
        got: settings[setting],
        reason: 'no arbiter is there to start workers as somebody else',
        expected: `an arbiter, which is there ${WHERE}`,
      })),
    );
  }
  const idle = WITHOUT_EFFECT.filter(given);
  if (idle.length === 0) return resolved;
  const names = idle.join(', ');
  const warning = `without an arbiter ${names} ${idle.length === 1 ? 'has' : 'have'} no effect: there is one ${WHERE}`;
  return { ...resolved, warnings: [...warnings, warning] };
}
