// The part of `siskin/green` that changes the process: loaded by green.ts where Node was started with it.

import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { isServing } from '../node/index.ts';
import { makeGreen } from '../worker/green.ts';
import { register } from './registration.ts';

if (isMainThread) {
  const { settings, log } = await register();
  await makeGreen(process.argv[1] ?? '.', settings, log, isServing);
}
