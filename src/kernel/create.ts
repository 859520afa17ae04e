// Chooses the backend: this machine's own sockets where there is one, Node's elsewhere. Backends are loaded only when
// chosen, since koffi has no binary for some platforms; and at once, since a program that listens may ask for its port in
// the next line.

import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { Kernel } from './kernel.ts';
import { createNodeKernel } from './node/index.ts';

const require = createRequire(import.meta.url);
/** `.ts`, or `.js` once it is built, in another folder of the same depth: see scripts/bundle.ts. */
const EXTENSION = extname(import.meta.url);

/** `auto`: Linux's own sockets on Linux, Node's elsewhere. */
export type KernelChoice = 'auto' | 'linux' | 'node';

/**
 * The kernel to run a loop on. Throws where `choice` can't be had on this platform; `auto` then takes Node's.
 *
 * @example const loop = new Loop(createKernel());
 */
export function createKernel(choice: KernelChoice = 'auto'): Kernel {
  if (choice === 'linux' || (choice === 'auto' && process.platform === 'linux')) {
    if (process.platform !== 'linux') {
      throw new Error(
        `the kernel 'linux' needs Linux, and this is ${process.platform}: leave the choice to 'auto'`,
      );
    }
    try {
      const linux = require(`../kernel/linux/index${EXTENSION}`) as typeof import('./linux/index.ts');
      return linux.createLinuxKernel();
    } catch (error) {
      // koffi has no binary for this processor or C library.
      if (choice === 'linux') throw error;
    }
  }
  return createNodeKernel();
}
