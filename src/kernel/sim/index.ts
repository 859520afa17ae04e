// The simulated kernel: an in-memory network on a virtual clock, driven by one seed. Tests of every layer above run
// on it. The same seed and the same program give the same run, call by call and byte by byte.
//
//   const kernel = createSimKernel({ seed, faults: FaultOptions.swarm(seed) });
//   const listener = kernel.listen({ family: 'inet', host: '127.0.0.1', port: 80 }, { backlog: 16 });
//   const client = kernel.client({ family: 'inet', host: '127.0.0.1', port: 80 }).send('hello').shutdown();
//   // ... drive a poller or a loop; its `wait` moves the clock ...
//   client.text();

import { FaultOptions } from './faults.ts';
import { SimulatedKernel } from './kernel.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { type Range, World } from './world.ts';

export type { ClientEvents, Pace, SimClient } from './client.ts';
export { DeadlockError } from './deadlock.ts';
export { FaultOptions } from './faults.ts';
export type { DescriptorInfo, SimStatistics } from './kernel.ts';
export { Random } from './random.ts';

/** A {@link Kernel} that is simulated, with the controls that tests need. */
export type SimKernel = SimulatedKernel;

export interface SimOptions {
  /** Fixes the run. Default 1. */
  readonly seed?: number | bigint;
  /** What goes wrong. Default: nothing. */
  readonly faults?: Partial<FaultOptions>;
  /** Milliseconds a piece travels one way, or the range of it. Default 0.125. */
  readonly latency?: number | Range;
  /** Bytes that a socket takes before its peer's kernel has them. Default 65536. */
  readonly sendBuffer?: number | Range;
  /** Bytes that a socket holds for its owner to read. Default 65536. */
  readonly receiveBuffer?: number | Range;
  /** RLIMIT_NOFILE: from then on `-EMFILE`. Default 65536. */
  readonly descriptorLimit?: number;
  /** Addresses of this machine besides its loopback; SYNs to any other are never answered. */
  readonly addresses?: readonly string[];
  /** Names that `resolve` knows. Default: localhost. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** What the wall clock says at the start, in milliseconds since 1970. Default: 2026-01-01. */
  readonly wallClock?: number;
  /** Gets one line per call and report: `12.500 recv(5) = 18`. */
  readonly onTrace?: (line: string) => void;
}

const START_MS = 1000;
const LATENCY_MS = 0.125;
const BUFFER_BYTES = 65536;
const DESCRIPTOR_LIMIT = 65536;
const WALL_CLOCK = Date.UTC(2026, 0, 1);

/**
 * A simulated kernel and network.
 *
 * @example createSimKernel({ seed: 42, faults: FaultOptions.benign, receiveBuffer: { min: 1, max: 4096 } })
 */
export function createSimKernel(options: SimOptions = {}): SimKernel {
  const seed = options.seed ?? 1;
  const world = new World(
    new Timeline(START_MS),
    new Random(seed),
    { ...FaultOptions.none, ...options.faults },
    {
      latency: toRange(options.latency ?? LATENCY_MS),
      sendBuffer: toRange(options.sendBuffer ?? BUFFER_BYTES),
      receiveBuffer: toRange(options.receiveBuffer ?? BUFFER_BYTES),
    },
    options.onTrace,
  );
  return new SimulatedKernel(world, {
    descriptorLimit: options.descriptorLimit ?? DESCRIPTOR_LIMIT,
    addresses: options.addresses ?? [],
    hosts: options.hosts ?? { localhost: ['127.0.0.1', '::1'] },
    wallClock: options.wallClock ?? WALL_CLOCK,
    bytes: new Random(seed, 0xb17e5),
  });
}

function toRange(value: number | Range): Range {
  return typeof value === 'number' ? { min: value, max: value } : value;
}
