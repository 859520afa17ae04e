// The fetch interface: handlers from Request to Response, and the light classes that make them cheap.
export {
  type FetchApp,
  type FetchAppOptions,
  type Fetcher,
  type FetchHandler,
  fetchApp,
} from './fetch-app.ts';
export { installFetchGlobals } from './globals.ts';
export { LightHeaders } from './headers.ts';
export type { RequestInfo } from './info.ts';
export { Request } from './request.ts';
export { LightResponse } from './response.ts';
