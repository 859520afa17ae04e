// Fuzzes the reader and then a whole server with it, half of the time each.
//
//     node test/fuzz.ts SECONDS [SEED]

import { fuzz } from './http/fuzz.ts';
import { SEEDS } from './http/mutations.ts';
import { fuzzServer } from './security/fuzz.ts';

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
console.log(`fuzzing for ${seconds} s with seed ${seed}, from ${SEEDS.length} requests`);

/** Says no after half of the time, which is looked at once in a while. */
function halfOfTheTime(): (inputs: number) => boolean {
  const end = performance.now() + seconds * 500;
  return (inputs) => inputs % 64 !== 0 || performance.now() < end;
}

const { inputs, accepted, refused } = fuzz(seed, halfOfTheTime());
console.log(`${inputs} inputs: ${accepted} accepted, ${refused} refused, every way of reading them agreed`);
const served = await fuzzServer(seed, halfOfTheTime());
console.log(
  `${served.inputs} inputs to a server: behind ${served.survived} of them it answered one more request`,
);
