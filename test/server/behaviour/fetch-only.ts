// Sentences of the suite that hold for fetch handlers only, each with the reason: what `node:http` offers is settled by
// `node:http`, and test/node has what holds there instead.

export const FETCH_ONLY: Readonly<Record<string, string>> = {
  'an HTTP/1.0 connection closes after its answer, unless the client asks to keep it':
    'Node sends HTTP/1.0 no length that the app did not set, and then has to close',
  'HEAD gets the head of GET and no body, and the next answer follows at once':
    'Node sends no length for HEAD that the app did not set',
  '204 and 304 have no body and no framing of one; 205 has an empty one':
    'to Node 205 is a status like others',
  'an answer has the date, what the app says, and nothing of the server’s make':
    'Node has a clock of its own',
  'a stream shorter than it promised is cut; one that is longer, too': 'what is too long is left out',
  'a stream of anything but bytes is the app’s mistake, and said so': 'res.write takes strings',
  'a handler that returns no Response is answered with 500, and the log says what came':
    'listeners return nothing',
  'a client that half-closes reads a stream to its end': 'to a program it has gone, and streams end',
  'a stream in which nothing happens is kept no longer than writeTimeout for a client that has half-closed':
    'as above',
  'a coroutine handler answers, waits, throws, and reads the body': 'listeners are no coroutines',
  'a reset cancels a coroutine handler: its finally runs': 'listeners are no coroutines',
  'a handler past handlerTimeout is answered for with 503, told and cancelled': 'listeners are no coroutines',
  'and for what a cancelled coroutine has to clean up': 'listeners are no coroutines',
  'an app that answers and fails afterwards has answered': 'there is no waitUntil',
  'a stop waits for what was given to waitUntil': 'there is no waitUntil',
  'but no longer than gracefulTimeout': 'there is no waitUntil',
  'a trusted proxy’s word is the client’s address, scheme and host':
    'a program sees the connection, and its framework reads the headers',
  'of a chain only what trusted proxies wrote is believed': 'as above',
  'over a unix socket there is no address but the one that is forwarded': 'as above',
  'request.url has the host that the client asked for, or the address it came to':
    'req.url is what the client has sent',
};
