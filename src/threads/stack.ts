// Where a thread's JavaScript is: asked of the inspector, which reaches the threads of a process through its main one. Works
// while JavaScript runs, or waits in `Atomics.wait`; in a native call there is no answer.

import type { Debugger, NodeWorker } from 'node:inspector';

/** Milliseconds for an answer. */
const PATIENCE = 2000;
const FRAMES = 20;
/** Where our own sources are. */
const OURS = new URL('..', import.meta.url).href;

let last: Promise<unknown> = Promise.resolve();

/** Its frames, innermost first, without what called the app; `undefined` where it does not answer. One thread at a time. */
export function stackOfThread(threadId: number): Promise<readonly string[] | undefined> {
  const stack = last.then(() => ask(threadId)).catch(() => undefined);
  last = stack;
  return stack;
}

async function ask(threadId: number): Promise<readonly string[] | undefined> {
  // Loaded where it is needed: a Node may have been built without it.
  const { Session } = await import('node:inspector');
  const session = new Session();
  const paused = Promise.withResolvers<readonly string[] | undefined>();
  const timer = setTimeout(() => paused.resolve(undefined), PATIENCE);
  const urls = new Map<string, string>();
  let target: string | undefined;
  const tell = (id: number, method: string): void => {
    session.post('NodeWorker.sendMessageToWorker', {
      sessionId: target!,
      message: JSON.stringify({ id, method }),
    });
  };
  session.connect();
  session.on(
    'NodeWorker.attachedToWorker',
    ({ params }: { params: NodeWorker.AttachedToWorkerEventDataType }) => {
      if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      target = params.sessionId;
      tell(1, 'Debugger.enable');
      tell(2, 'Debugger.pause');
    },
  );
  const resumed = Promise.withResolvers<void>();
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    if (params.sessionId !== target) return;
    const message = JSON.parse(params.message) as {
      id?: number;
      method?: string;
      params: { scriptId: string; url: string; callFrames: Debugger.CallFrame[] };
    };
    if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url);
    else if (message.method === 'Debugger.paused')
      paused.resolve(describeFrames(message.params.callFrames, urls));
    else if (message.id === RESUMED) resumed.resolve();
  });
  try {
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const frames = await paused.promise;
    if (frames !== undefined) {
      // A thread that is paused can't be ended.
      tell(RESUMED, 'Debugger.disable');
      const timeUp = setTimeout(resumed.resolve, PATIENCE);
      await resumed.promise;
      clearTimeout(timeUp);
    }
    return frames;
  } finally {
    clearTimeout(timer);
    session.post('NodeWorker.disable');
    session.disconnect();
  }
}

const RESUMED = 3;

function describeFrames(
  frames: readonly Debugger.CallFrame[],
  urls: ReadonlyMap<string, string>,
): readonly string[] {
  const places = frames.map((frame) => ({ frame, url: urls.get(frame.location.scriptId) ?? '' }));
  const server = places.findIndex(({ url }) => url.startsWith(OURS));
  return places.slice(0, server > 0 ? Math.min(server, FRAMES) : FRAMES).map(describeFrame);
}

function describeFrame({ frame, url }: { frame: Debugger.CallFrame; url: string }): string {
  const { functionName, location } = frame;
  const place = `${url.replace(/^file:\/\//, '')}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return functionName === '' ? `at ${place}` : `at ${functionName} (${place})`;
}
