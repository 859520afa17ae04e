// The kernel seam: its contract, addresses and errors. The backends are imported by name, from their own folders.
export * from './address.ts';
export { createKernel, type KernelChoice } from './create.ts';
export * from './errors.ts';
export * from './kernel.ts';
