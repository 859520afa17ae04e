// How far an answer is, on its exchange (`HttpExchange.state`).
//
//   OPEN ──respond()──────────────────────────► COMPLETE
//     └───start()──► STARTED ──write()*──end()──► COMPLETE
//     │                 └────── fail() ─────────► FAILED       the connection is cut
//     └──upgrade()──────────────────────────────► COMPLETE      with `takeOver`: the connection is the app's

export const OPEN = 0;
export const STARTED = 1;
export const COMPLETE = 2;
export const FAILED = 3;
