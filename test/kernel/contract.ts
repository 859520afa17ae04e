// The kernel's contract as a suite of tests, registered for each backend: what a program above `Kernel` may rely on
// holds over the simulation and over Linux alike. Where the two differ, Linux is right.

import { describe } from 'node:test';
import type { KernelBackend } from './contract/backend.ts';
import { fileTests } from './contract/files.ts';
import { listeningTests } from './contract/listening.ts';
import { pollingTests } from './contract/polling.ts';
import { serviceTests } from './contract/services.ts';
import { stoppingTests } from './contract/stopping.ts';
import { streamTests } from './contract/streams.ts';
import { unixTests } from './contract/unix.ts';

export type { KernelBackend } from './contract/backend.ts';

/** Registers the whole suite for one backend. */
export function testKernelContract(backend: KernelBackend): void {
  describe(`the ${backend.name} kernel`, () => {
    serviceTests(backend);
    listeningTests(backend);
    stoppingTests(backend);
    streamTests(backend, 'inet');
    streamTests(backend, 'unix');
    unixTests(backend);
    fileTests(backend);
    pollingTests(backend, 'inet');
    pollingTests(backend, 'unix');
  });
}
