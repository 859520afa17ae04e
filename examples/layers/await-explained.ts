// async and await, explained by building them. Read it from top to bottom and run it: each part prints one
// line.
//
//   node examples/layers/await-explained.ts

import { createKernel, Loop } from '../../src/loop/index.ts';
import { type Co, deadline, type Suspend, sleep, spawn, type Waiter } from '../../src/task/index.ts';

// ── 1. A function that can stop in the middle ─────────────────────────────────────────────────────────
//
// A generator runs until it yields something, and there it stays, with all of its variables. Whoever called
// `next` gets what was yielded, and decides when it goes on, and what `yield` then returns.

function* conversation(): Generator<string, string, string> {
  const name = yield 'Who are you?';
  return `Hello, ${name}.`;
}

const talk = conversation();
const question = talk.next().value;
const reply = talk.next('Ada').value;
console.log(`1. ${question} ${reply}`);

// ── 2. So a function can say what it waits for, and leave the waiting to somebody else ────────────────
//
// Let it yield promises. A driver takes each, and when it settles, resumes the generator with its value; or
// throws the error in the generator, at the very `yield` that waits, so that try and catch work as they
// always do.

function drive<T>(generator: Generator<Promise<unknown>, T, unknown>): Promise<T> {
  return new Promise((resolve, reject) => {
    function step(resume: () => IteratorResult<Promise<unknown>, T>): void {
      try {
        const { done, value } = resume();
        if (done) resolve(value);
        else {
          value.then(
            (result) => step(() => generator.next(result)),
            (error: unknown) => step(() => generator.throw(error)),
          );
        }
      } catch (error) {
        reject(error);
      }
    }
    step(() => generator.next());
  });
}

const later = (value: string): Promise<string> => new Promise((resolve) => setTimeout(resolve, 1, value));

function* driven(): Generator<Promise<unknown>, string, unknown> {
  const first = yield later('one');
  const second = yield later('two');
  return `${first}, ${second}`;
}

console.log(`2. ${await drive(driven())}`);

// ── 3. That is all there is to async and await ────────────────────────────────────────────────────────
//
// The same function in the language's own words: `function*` became `async function`, `yield` became `await`,
// and the engine brings the driver.

async function awaited(): Promise<string> {
  const first = await later('one');
  const second = await later('two');
  return `${first}, ${second}`;
}

console.log(`3. ${await awaited()}`);

// ── 4. What a promise can't do ────────────────────────────────────────────────────────────────────────
//
// A promise can't be asked to stop. Whoever waits for it can stop waiting, but what makes it goes on, and the
// waiting function never learns that nobody wants its result: no `finally` of it runs.
//
// A Task is the same driver with one change. What is yielded is no promise but a `Suspend`: something that
// can be told both `park`, remember who waits, and `unpark`, forget it. That one more method is cancellation.

class Doorbell implements Suspend {
  #waiter: Waiter | undefined;

  park(waiter: Waiter): void {
    this.#waiter = waiter;
  }

  unpark(): void {
    this.#waiter = undefined;
  }

  ring(visitor: string): void {
    this.#waiter?.resume(visitor);
    this.#waiter = undefined;
  }
}

function* answerTheDoor(bell: Doorbell): Co<string> {
  const visitor = yield bell;
  return `${visitor} rang`;
}

const loop = new Loop(await createKernel());
loop.attach();
const bell = new Doorbell();
const task = spawn(loop, answerTheDoor(bell));
setImmediate(() => bell.ring('Grace'));
console.log(`4. ${await task}`);

// ── 5. Coroutines call coroutines with yield* ─────────────────────────────────────────────────────────
//
// `yield` hands something to the driver; `yield*` runs another coroutine in place of this line, passes its
// waits on to the driver, and has its result, with its type. So a wait can be any number of calls deep.

function* nap(name: string): Co<string> {
  yield* sleep(1);
  return `${name} has slept`;
}

function* bedtime(): Co<string> {
  const first = yield* nap('Hedy');
  const second = yield* nap('Radia');
  return `${first}, ${second}`;
}

console.log(`5. ${await spawn(loop, bedtime())}`);

// ── 6. And it can be stopped, wherever it waits ───────────────────────────────────────────────────────
//
// `deadline` cancels what takes too long: the task is taken off whatever it is parked on, and an error is
// thrown at that place, so that `finally` closes what was opened. With sockets that is the difference between
// a timeout and a leak.

function* oversleep(log: string[]): Co<void> {
  try {
    log.push('asleep');
    yield* sleep(1_000_000);
  } finally {
    log.push('cleaned up');
  }
}

const log: string[] = [];
try {
  await spawn(loop, deadline(5, oversleep(log)));
} catch (error) {
  log.push((error as Error).name);
}
console.log(`6. ${log.join(', ')}`);
