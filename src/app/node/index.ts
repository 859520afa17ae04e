// The interface of `node:http`: listeners `(req, res)` and what comes with them.
export { type NodeAppOptions, nodeApp } from './node-app.ts';
export { failAnswer } from './response-state.ts';
export type { NodeSocket } from './socket.ts';
