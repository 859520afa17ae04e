// A thread of the pool as Node makes it: a worker thread with the app's file in it. Its ends of the channels are in its
// `workerData`; see `WorkerThreadData`.

import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { FromThread, ListenAnswer, ToThread } from './messages.ts';
import { portOf } from './port.ts';
import { stackOfThread } from './stack.ts';
import type { ThreadEnd, ThreadHandle } from './thread.ts';

/** What a thread is started with, beside what its first file wants to know. */
export interface WorkerThreadData<Extra> {
  readonly port: MessagePort;
  /** Where the answer to a `listen` comes, and the word that is changed when it has. */
  readonly answers: MessagePort;
  readonly answered: Int32Array;
  readonly extra: Extra;
}

/** Threads that load at the same time: loading is work for a core. */
export const THREADS_AT_ONCE: number = availableParallelism() + 1;

export interface WorkerThreadOptions<Extra> {
  /** The thread's first file. */
  readonly file: URL;
  readonly name: string;
  /** Bytes of its JavaScript heap; 0: as many as Node allows it. */
  readonly memory: number;
  readonly extra: Extra;
}

export function startWorkerThread<Extra>(options: WorkerThreadOptions<Extra>): ThreadHandle {
  const { port1: port, port2 } = new MessageChannel();
  const answers = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const { file, name, memory, extra } = options;
  const workerData: WorkerThreadData<Extra> = { port: port2, answers: answers.port2, answered, extra };
  const worker = new Worker(file, {
    workerData,
    transferList: [port2, answers.port2],
    name,
    ...(memory > 0 && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memory / 1024 ** 2) } }),
  });
  const { threadId } = worker;
  const ended = Promise.withResolvers<ThreadEnd>();
  let error: Error | undefined;
  let hear: (message: FromThread) => void = () => {};
  worker.once('error', (reason: unknown) => {
    error = reason instanceof Error ? reason : new Error(String(reason));
  });
  worker.once('exit', (code) => {
    // What it has said last may be still on its way.
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) break;
      hear(received.message as FromThread);
    }
    port.close();
    answers.port1.close();
    ended.resolve({ code, error });
  });
  const face = portOf<ToThread, FromThread>(port);
  return {
    port: {
      postMessage: face.postMessage,
      on: (event, listener) => {
        hear = listener;
        return face.on(event, listener);
      },
    },
    answerListen: (answer: ListenAnswer) => {
      answers.port1.postMessage(answer);
      Atomics.add(answered, 0, 1);
      Atomics.notify(answered, 0);
    },
    ended: ended.promise,
    terminate: () => void worker.terminate(),
    stack: () => stackOfThread(threadId),
  };
}
