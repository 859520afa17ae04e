// The one source of chance in a simulation: sfc32, a small counter-based generator that passes PractRand. Every part
// of the simulated kernel draws from the same instance, so a seed fixes the whole run.

/** Pseudo-random numbers from a seed; the same seed gives the same numbers, on every machine. */
export class Random {
  a: number;
  b: number;
  c: number;
  counter = 1;

  /** `stream` gives independent sequences from one seed. */
  constructor(seed: number | bigint, stream = 0) {
    const bits = BigInt.asUintN(64, typeof seed === 'bigint' ? seed : BigInt(Math.trunc(seed)));
    this.a = Number(bits & 0xffffffffn) | 0;
    this.b = Number(bits >> 32n) | 0;
    this.c = stream | 0;
    // Neighbouring seeds differ in one bit; after twelve rounds nothing of that is left.
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 up to, not including, 1. */
  fraction(): number {
    return this.uint32() / 0x100000000;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** True with this probability. Draws nothing where the answer is certain. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }

  shuffle(items: unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.uint32() >>> 24;
  }
}
