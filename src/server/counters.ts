// What the server is doing now and has done: limits are checked against these, and `statistics()` shows them.

export class Counters {
  /** Connections that are open. */
  connections = 0;
  /** Requests whose app has not finished. */
  inFlight = 0;
  /** Bytes that wait in memory for clients to take them, and of bodies for apps to read them. */
  buffered = 0;
  accepted = 0;
  requests = 0;
  /** Requests refused for want of capacity. */
  shed = 0;
  /** Handlers that threw, or returned no response. */
  failures = 0;
  /** Requests that broke the protocol or a limit. */
  badRequests = 0;
}
