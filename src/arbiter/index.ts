// The arbiter: the process that keeps the listening sockets and the workers, and never loads the app.
export { type Checked, checkApp, type Served } from './check.ts';
export { identityOf } from './identity.ts';
export type { Hooks, Plan } from './launcher.ts';
export { type ArbiterRun, runArbiter } from './run.ts';
