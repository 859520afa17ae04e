// `siskin/blocking`: calls that wait where they stand. Plain, they block the thread, as synchronous code expects; in green
// code they suspend the coroutine, and the process serves others meanwhile. The same results and errors both ways.
//
//   app.get('/', (req, res) => {
//     const answer = fetchSync('http://localhost:9000/slow');
//     res.send(answer.text());
//   });

export { FETCH_CODES, FetchError } from './errors.ts';
export { fetchSync } from './fetch-sync.ts';
export { type FetchLimits, setFetchLimits } from './limits.ts';
export type { FetchSyncOptions, HeadersSource } from './request.ts';
export type { SyncResponse } from './response.ts';
export { sleepSync } from './sleep-sync.ts';
