// Settings: one table, and what reads it. Nothing here loads zod until `resolveSettings` is called.

export {
  type BindAddress,
  DEFAULT_HOST,
  DEFAULT_PORT,
  formatBind,
  type InheritedSocket,
  type NamedHost,
  parseBind,
} from './bind.ts';
export { attribute, BadValue, ConfigError, describeProblem, type Origin, type Problem } from './errors.ts';
export { expectation, formatValue, isList, type Kind, placeholder } from './kinds.ts';
export { nearest } from './nearest.ts';
export { EVERYBODY, Networks, parseNetwork, UNIX_PEERS } from './networks.ts';
export { formatDuration, formatSize, parseDuration, parseSize } from './quantities.ts';
export { isBindGiven, type ResolvedSettings, resolveSettings, type SettingSources } from './resolve.ts';
export { flagOf, type Section, type Setting, variableOf } from './setting.ts';
export {
  defaultSettings,
  SECTIONS,
  SETTINGS,
  type ServerSettingKey,
  type SettingKey,
  type Settings,
} from './table.ts';
