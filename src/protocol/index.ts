// What the arbiter and its workers say to each other.
export { beatInterval } from './beat.ts';
export {
  ARBITER_HOOKS,
  type ArbiterHook,
  type ArbiterHooks,
  type Configuration,
  HOOK_TIME,
  type HookCall,
  type HookDone,
  type Loaded,
  type ProcessInfo,
  type SpawnInfo,
  type SpawnResult,
  WORKER_HOOKS,
  type WorkerExit,
  type WorkerHook,
  type WorkerHooks,
  type WorkerInfo,
} from './configuration.ts';
export {
  CONTROL_LIMIT,
  type ControlAnswer,
  type ControlRequest,
  type Status,
  type WorkerStack,
  type WorkerStatus,
} from './control.ts';
export { controlSocketFor, controlSocketsFor } from './control-place.ts';
export { TAKEOVER, withoutOurs } from './environment.ts';
export {
  type Beat,
  type Boot,
  CHANNEL,
  type Identity,
  type Kind,
  type Lend,
  type Listening,
  type ListenRequest,
  type Order,
  QUESTIONS,
  type Ready,
  type Report,
  SETTINGS,
  type Stack,
  type Stalled,
} from './messages.ts';
export { isOwnChild, nodeFlags, spawnNode } from './node-process.ts';
export { readReport } from './read-report.ts';
export { startDirectory } from './start-directory.ts';
