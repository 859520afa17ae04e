// The arbiter: the process that keeps the listening sockets and the workers, and never loads the app.
export { type ArbiterRun, runArbiter } from './run.ts';
