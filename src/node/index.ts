// `node:http`'s server side, on our engine. The command line puts it under programs that are served as they are; server.ts
// is what the package offers as `siskin/node`.
export { bindError, listenError } from './engine.ts';
export { intercept, targetsOf } from './intercept.ts';
export { type ListenCall, watchListenCalls } from './listen-calls.ts';
export {
  configure,
  endSwitched,
  isServing,
  kernelName,
  onListening,
  sharedLoop,
  statistics,
  stopAll,
} from './runtime.ts';
export { createServer, Server } from './server.ts';
