// What `import 'siskin'` gives: `serve`, and the types around it. The layers below have entries of their own:
// `siskin/http`, `siskin/net`, `siskin/task`, `siskin/loop`.
export type { Fetcher, FetchHandler, RequestInfo } from './app/index.ts';
export {
  type AccessRecord,
  type Logger,
  type RunningServer,
  type ServeOptions,
  serve,
} from './server/index.ts';
