// The server's behaviour as a suite of tests, registered for each backend: what a client and an app see holds over the
// simulated network, over Linux sockets and over Node's own alike.

import { describe } from 'node:test';
import type { Backend } from './backend.ts';
import { deadlineTests } from './deadlines.ts';
import { downloadTests } from './downloads.ts';
import { drainTests } from './drain.ts';
import { failureTests } from './failures.ts';
import { fixtureTests } from './fixtures.ts';
import { framingTests } from './framing.ts';
import { isolationTests } from './isolation.ts';
import { overloadTests } from './overload.ts';
import { persistenceTests } from './persistence.ts';
import { proxyTests } from './proxies.ts';
import { uploadTests } from './uploads.ts';

const TOPICS = {
  'requests as they come': fixtureTests,
  'how long a connection stays': persistenceTests,
  'how answers are framed': framingTests,
  'bodies of requests': uploadTests,
  'streams to clients': downloadTests,
  'apps that fail': failureTests,
  'requests apart from each other': isolationTests,
  'who the client is': proxyTests,
  deadlines: deadlineTests,
  limits: overloadTests,
  stopping: drainTests,
};

type Topic = keyof typeof TOPICS;

/** Registers the suite for one backend, or `topics` of it. */
export function testServerBehaviour(
  backend: Backend,
  topics = Object.keys(TOPICS) as readonly Topic[],
): void {
  describe(`a server on ${backend.name}`, () => {
    for (const topic of topics) describe(topic, () => TOPICS[topic](backend));
  });
}
