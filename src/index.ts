// What `import 'siskin'` gives: `serve`, and the types around it. The layers below have entries of their own:
// `siskin/http`, `siskin/net`, `siskin/task`, `siskin/loop`.
export type { Fetcher, FetchHandler, RequestInfo } from './app/index.ts';
export { ConfigError } from './config/index.ts';
export { defineConfig } from './define-config.ts';
export type {
  Configuration,
  ProcessInfo,
  SpawnInfo,
  SpawnResult,
  WorkerExit,
  WorkerInfo,
} from './protocol/index.ts';
export { type ServeOptions, serve } from './serve.ts';
export type { AccessRecord, Logger, RunningServer } from './server/index.ts';
