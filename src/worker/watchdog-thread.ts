// The thread that watches the event loop of a worker: where that does not turn for `stallWarning`, it asks the inspector
// for the JavaScript stack of the main thread, which works as long as that one runs JavaScript, and reports.

import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { QUESTIONS, type Stack, type Stalled } from '../protocol/index.ts';
import { BEAT, INSIDE, LINE_AT, LINE_LENGTH, millisecondsSince, type WatchdogData } from './watchdog.ts';

/** Milliseconds in which JavaScript that runs comes to a place where it can be stopped. */
const PAUSE_TIME = 1000;
/** The same, where it may do nothing: it comes to its next beat. */
const BEAT_TIME = 1500;
const FRAMES = 20;
/** Where our own sources are. */
const OURS = new URL('..', import.meta.url).href;

const { memory, stallWarning, channel } = workerData as WatchdogData;
const words = new Int32Array(memory, 0, LINE_AT / 4);

/** A line of the arbiter's is the question where the main thread is. */
function answerQuestions(): void {
  const questions = new Socket({ fd: QUESTIONS, readable: true, writable: false });
  questions.on('data', () => {
    void stackOfMainThread(BEAT_TIME).then((answer) =>
      tell({ type: 'stack', request: currentRequest(), ...answer }),
    );
  });
  questions.on('error', () => {});
  questions.unref();
}

answerQuestions();
// The beat whose lateness has been reported.
let reported: number | undefined;
for (;;) await sleep(await look());

/** Reports a beat that is overdue, once; returns after how many milliseconds the next report can be due. */
async function look(): Promise<number> {
  const beat = Atomics.load(words, BEAT);
  const silence = millisecondsSince(beat);
  if (silence < stallWarning) return stallWarning - silence;
  if (beat !== reported) {
    reported = beat;
    const report: Stalled = {
      type: 'stalled',
      ms: silence,
      request: currentRequest(),
      ...(await stackOfMainThread(PAUSE_TIME)),
    };
    // The loop may have turned meanwhile: so it was blocked for as long as that, and this is no longer where.
    if (Atomics.load(words, BEAT) === beat) tell(report);
  }
  return stallWarning;
}

/** The line of the request whose handler runs; of one that goes on after an `await` nobody has noted it. */
function currentRequest(): string | undefined {
  if (words[INSIDE] === 0) return undefined;
  return Buffer.from(memory, LINE_AT, words[LINE_LENGTH]).toString('latin1');
}

async function stackOfMainThread(within: number): Promise<Pick<Stalled, 'stack'>> {
  const session = new Session();
  session.connectToMainThread();
  try {
    const paused = new Promise<Debugger.CallFrame[]>((resolve) => {
      session.once('Debugger.paused', ({ params }) => resolve(params.callFrames));
    });
    const urls = new Map<string, string>();
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
    session.post('Debugger.enable');
    session.post('Debugger.pause');
    const frames = await Promise.race([paused, sleep(within)]);
    if (frames === undefined) return {};
    session.post('Debugger.resume');
    const places = frames.map((frame) => ({ frame, url: urls.get(frame.location.scriptId) ?? '' }));
    // What called the app is of no interest.
    const server = places.findIndex(({ url }) => url.startsWith(OURS));
    // Nothing but what says that it is alive: it waits for events.
    if (places.every(({ url }) => url.startsWith(OURS) || url.startsWith('node:'))) return { stack: [] };
    const shown = places.slice(0, server > 0 ? Math.min(server, FRAMES) : FRAMES);
    return { stack: shown.map(describeFrame) };
  } finally {
    session.disconnect();
  }
}

function describeFrame({ frame, url }: { frame: Debugger.CallFrame; url: string }): string {
  const { functionName, location } = frame;
  const place = `${url.replace(/^file:\/\//, '')}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return functionName === '' ? `at ${place}` : `at ${functionName} (${place})`;
}

/** One message, as the channel keeps them: see kernel/linux/channel.ts. */
function tell(report: Stalled | Stack): void {
  try {
    writeSync(channel, JSON.stringify(report));
  } catch {
    // The arbiter does not listen, or has gone: the main thread will hear of it.
  }
}
