// A stream for tests, that tells what is done to it.

/** A stream that tells how often it was pulled and what it was cancelled with. */
export function probe(chunks: Iterable<unknown>) {
  const iterator = chunks[Symbol.iterator]();
  const seen = { pulls: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream(
    {
      pull(controller) {
        seen.pulls++;
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(typeof value === 'string' ? Buffer.from(value) : value);
      },
      cancel(reason) {
        seen.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

export function* forever() {
  for (;;) yield 'more';
}
