// The fetch interface: handlers from Request to Response, and the light classes that make them cheap.
export {
  type FetchApp,
  type FetchAppOptions,
  type Fetcher,
  type FetchHandler,
  fetchApp,
} from './fetch-app.ts';
export { installFetchGlobals } from './globals.ts';
export type { RequestInfo } from './info.ts';
