// Calls what the configuration wants to be called. A hook that fails, or takes too long, is said in the log, and nothing
// else comes of it, unless the caller decides otherwise.

import type { Logger } from '../log/index.ts';
import { type ArbiterHook, HOOK_TIME, type SpawnResult } from '../protocol/index.ts';
import { Cancelled, type Co, DeadlineExceeded, deadline, until } from '../task/index.ts';
import type { Hooks } from './launcher.ts';

/** What the hook has returned; `failed` where it threw, and not where it took too long. Returns at once where there is none. */
export function* callHook(
  hooks: Hooks,
  log: Logger,
  name: ArbiterHook,
  info: unknown,
): Co<{ readonly result: SpawnResult | undefined; readonly failed: boolean }> {
  if (!hooks.has(name)) return { result: undefined, failed: false };
  try {
    return { result: yield* deadline(HOOK_TIME, call(hooks, name, info)), failed: false };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const late = error instanceof DeadlineExceeded;
    if (late)
      log.error({}, `the hook ${name} has not ended within ${HOOK_TIME / 1000} s: going on without it`);
    else log.error({}, `the hook ${name} failed: ${(error as Error).message}`);
    return { result: undefined, failed: !late };
  }
}

/** Called where it is waited for: a promise that is rejected before anybody looks would end this process. */
function* call(hooks: Hooks, name: ArbiterHook, info: unknown): Co<SpawnResult | undefined> {
  return yield* until(hooks.call(name, info));
}
