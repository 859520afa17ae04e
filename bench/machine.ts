// Where the figures were taken: without it they mean nothing.

import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
    node: process.version.slice(1),
  };
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGigabytes, kernel, node } = machine;
  return `${cpu}, ${cores} cores, ${memoryGigabytes} GB, ${kernel}, Node ${node}`;
}
