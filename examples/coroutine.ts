// A handler that is a coroutine. It waits with `yield*` and reads from top to bottom. Unlike async code it can be
// cancelled where it waits: by a deadline, by a sibling that failed, by its connection's being reset; `finally` runs then.
//   npm run siskin -- serve examples/coroutine.ts
//   curl '127.0.0.1:8000/trip?to=Oslo'
//   curl '127.0.0.1:8000/trip?to=Oslo&payment=5000'      the bank takes too long: the seat is given back
// In an app of one's own, the import is from 'siskin/task'.

import { all, type Co, DeadlineExceeded, deadline, sleep } from '../src/task/index.ts';

export default function* fetch(request: Request): Co<Response> {
  const { searchParams } = new URL(request.url);
  const place = searchParams.get('to') ?? 'Oslo';
  const patience = Number(searchParams.get('patience') ?? 1000);
  const payment = Number(searchParams.get('payment') ?? 60);
  try {
    // Both at once. When the time is up, both are cancelled, and have ended before this goes on.
    const [seat, weather] = yield* deadline(patience, all([bookSeat(place, payment), forecast(place)]));
    return Response.json({ place, seat, weather });
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    return Response.json({ place, error: `no answer within ${patience} ms` }, { status: 504 });
  }
}

/** Two steps, of which the first is undone when the second does not come. */
function* bookSeat(place: string, payment: number): Co<string> {
  const seat = yield* reserve(place);
  let booked = false;
  try {
    yield* pay(payment);
    booked = true;
    return seat;
  } finally {
    // Cancelled or failed: the cleanup may itself wait, and is waited for.
    if (!booked) yield* release(seat);
  }
}

// What follows stands for databases and other services: in their place, `yield* until(promise)` waits for any promise.

function* reserve(place: string): Co<string> {
  yield* sleep(20);
  const seat = `${place} 12A`;
  console.log(`reserved ${seat}`);
  return seat;
}

function* pay(milliseconds: number): Co<void> {
  yield* sleep(milliseconds);
}

function* release(seat: string): Co<void> {
  yield* sleep(5);
  console.log(`released ${seat}`);
}

function* forecast(place: string): Co<string> {
  yield* sleep(40);
  return `sun in ${place}`;
}
