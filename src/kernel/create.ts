// Chooses the backend: this machine's own sockets where there is one, Node's elsewhere. Backends are loaded only when
// chosen, since koffi has no binary for some platforms.

import type { Kernel } from './kernel.ts';

/** `auto`: Linux's own sockets on Linux, Node's elsewhere. */
export type KernelChoice = 'auto' | 'linux' | 'node';

/**
 * The kernel to run a loop on. Throws where `choice` can't be had on this platform; `auto` then takes Node's.
 *
 * @example const loop = new Loop(await createKernel());
 */
export async function createKernel(choice: KernelChoice = 'auto'): Promise<Kernel> {
  if (choice === 'linux' || (choice === 'auto' && process.platform === 'linux')) {
    if (process.platform !== 'linux') {
      throw new Error(
        `the kernel 'linux' needs Linux, and this is ${process.platform}: leave the choice to 'auto'`,
      );
    }
    try {
      return (await import('./linux/index.ts')).createLinuxKernel();
    } catch (error) {
      // koffi has no binary for this processor or C library.
      if (choice === 'linux') throw error;
    }
  }
  return (await import('./node/index.ts')).createNodeKernel();
}
