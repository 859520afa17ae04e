// The kernel's contract, over the simulation.

import { createSimKernel, type SimKernel } from '../../src/kernel/sim/index.ts';
import { testKernelContract } from './contract.ts';

let current: SimKernel;
let paths = 0;

testKernelContract({
  name: 'simulated',
  create: () => (current = createSimKernel()),
  settle: () => current.elapse(1),
  unixPath: () => `/run/${paths++}.sock`,
  fileMode: (path) => current.fileMode(path),
  createFile: (path) => current.createFile(path),
  openFile: (_kernel, contents) => current.openFile(contents),
});
