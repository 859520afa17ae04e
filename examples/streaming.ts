// Answers that come in pieces: server-sent events, and a download that is made while it is read. Both end when their
// client goes.
//   npm run siskin -- serve examples/streaming.ts
//   curl -N 127.0.0.1:8000/events
//   curl 127.0.0.1:8000/numbers.csv?count=1000000 | tail -1

let listeners = 0;

export default function fetch(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case '/':
      return Response.json({ listeners });
    case '/events':
      return events(between(1, 60_000, searchParams.get('every') ?? '1000'));
    case '/numbers.csv':
      return numbers(between(0, 100_000_000, searchParams.get('count') ?? '1000'));
    default:
      return new Response('Not found\n', { status: 404 });
  }
}

/** The time, every so many milliseconds. A browser reads it with `new EventSource('/events')`. */
function events(every: number): Response {
  let timer: NodeJS.Timeout;
  const body = new ReadableStream<string>({
    start(controller) {
      listeners++;
      const tick = () => {
        // A client that does not read has events waiting already: it misses this one, and nothing piles up.
        if ((controller.desiredSize ?? 0) > 0)
          controller.enqueue(`event: time\ndata: ${new Date().toISOString()}\n\n`);
      };
      tick();
      timer = setInterval(tick, every);
    },
    // Called when the client goes, or the server stops.
    cancel() {
      listeners--;
      clearInterval(timer);
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  });
}

/** A file that is never in memory as a whole: its next rows are made when the client has taken those before. */
function numbers(count: number): Response {
  return new Response(ReadableStream.from(rows(count)).pipeThrough(new TextEncoderStream()), {
    headers: {
      'content-type': 'text/csv;charset=utf-8',
      'content-disposition': 'attachment; filename="numbers.csv"',
    },
  });
}

async function* rows(count: number): AsyncGenerator<string> {
  yield 'number,square\n';
  // A thousand rows a piece: each piece costs more than its bytes do.
  for (let first = 1; first <= count; first += 1000) {
    let piece = '';
    for (let n = first; n <= count && n < first + 1000; n++) piece += `${n},${n * n}\n`;
    yield piece;
  }
}

function between(least: number, most: number, text: string): number {
  const number = Math.trunc(Number(text));
  return Number.isNaN(number) ? least : Math.min(most, Math.max(least, number));
}
