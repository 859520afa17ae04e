// The check before every call that takes a buffer. koffi looks at no lengths: what passes here is inside the array, or never
// reaches the kernel.

/** Throws where `bytes` has no `length` bytes at `offset`. */
export function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new RangeError(`bytes ${offset} to ${offset + length} are outside a buffer of ${bytes.length}`);
  }
}
