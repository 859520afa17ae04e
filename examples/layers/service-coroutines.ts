// The service, with coroutines: each connection is a function that reads as if it blocked. While it waits,
// others run. Compare service-callbacks.ts, which does the same without them.
//
//   node examples/layers/service-coroutines.ts 7000

import { createKernel, Loop } from '../../src/loop/index.ts';
import { type Listener, listen, type Stream } from '../../src/net/index.ts';
import { type Co, deadline, scope, spawn } from '../../src/task/index.ts';
import { answer, IDLE_LIMIT } from './directory.ts';
import { LineReader } from './lines.ts';

/** Accepts for ever. Whoever cancels this task thereby ends all of its connections: the scope owns them. */
export function* serve(listener: Listener): Co<void> {
  yield* scope(function* (connections) {
    for (;;) {
      const stream = yield* listener.accept();
      connections.spawn(converse(stream));
    }
  });
}

/** One connection, from its first question to its end. */
function* converse(stream: Stream): Co<void> {
  try {
    const questions = new LineReader(stream);
    for (;;) {
      const question = yield* deadline(IDLE_LIMIT, questions.next());
      if (question === undefined) return;
      yield* deadline(IDLE_LIMIT, stream.write(`${answer(question)}\n`));
    }
  } catch {
    // It was reset, too slow, or sent no lines: that ends this connection and no other.
  } finally {
    stream.close();
  }
}

function* main(): Co<void> {
  const port = Number(process.argv[2] ?? 7000);
  const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port });
  console.log('listening on port', listener.address.family === 'inet' && listener.address.port);
  yield* serve(listener);
}

if (import.meta.main) {
  const loop = new Loop(await createKernel());
  loop.attach();
  await spawn(loop, main());
}
