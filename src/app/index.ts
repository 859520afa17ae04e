// App interfaces: what a server hands a request to, and the adapters that make it of an app's own style.
export * from './exchange.ts';
export type { FetchApp, FetchAppOptions, Fetcher, FetchHandler, RequestInfo } from './fetch/index.ts';
export * from './fetch-interface.ts';
export * from './node/index.ts';
export type * from './wire.ts';
