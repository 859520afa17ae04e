// An echo server: the smallest use of a stream. Try it with `nc 127.0.0.1 7007`.
//
//   node examples/layers/echo.ts 7007

import { createKernel, Loop } from '../../src/loop/index.ts';
import { listen, type Stream } from '../../src/net/index.ts';
import { type Co, scope, spawn } from '../../src/task/index.ts';

/** Sends back what comes, until the client has nothing more to say. */
function* echo(stream: Stream): Co<void> {
  try {
    const buffer = new Uint8Array(16 * 1024);
    for (let count = yield* stream.read(buffer); count > 0; count = yield* stream.read(buffer)) {
      // A client that does not read makes this wait, and nothing more is read from it: backpressure.
      yield* stream.write(buffer.subarray(0, count));
    }
  } catch {
    // The client is gone.
  } finally {
    stream.close();
  }
}

function* main(): Co<void> {
  const port = Number(process.argv[2] ?? 7007);
  const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port });
  console.log('listening on port', listener.address.family === 'inet' && listener.address.port);
  yield* scope(function* (connections) {
    for (;;) connections.spawn(echo(yield* listener.accept()));
  });
}

const loop = new Loop(await createKernel());
loop.attach();
await spawn(loop, main());
