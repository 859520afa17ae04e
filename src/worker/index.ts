// One process that serves an app: what the app is, its engine, its end. `main.ts` is what an arbiter starts.
export { dieWithServers } from './die-with-servers.ts';
export { serveApp } from './serve-app.ts';
export { takeOver } from './take-over.ts';
