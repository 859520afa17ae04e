// Children that nobody waits for: the first process of a container inherits those of processes that have ended, and they stay in
// the process table until it does. wait(2).

import { Buffer } from 'node:buffer';
import * as libc from './libc.ts';
import { check } from './libc.ts';

/** siginfo_t; si_pid lies behind three ints and padding. */
const info = Buffer.alloc(128);
const SI_PID = 16;

/**
 * Takes the orphans that have ended out of the process table; `isOwn`: somebody else waits for this one. How many they were,
 * and whether one of those is in front of others, which can't be seen before it has gone.
 */
export function reapOrphans(isOwn: (pid: number) => boolean): { reaped: number; blocked: boolean } {
  for (let reaped = 0; ; reaped++) {
    info.fill(0);
    const look = libc.WEXITED | libc.WNOHANG | libc.WNOWAIT;
    if (check(libc.waitid(libc.P_ALL, 0, info, look)) < 0) return { reaped, blocked: false };
    const pid = info.readInt32LE(SI_PID);
    if (pid === 0) return { reaped, blocked: false };
    if (isOwn(pid)) return { reaped, blocked: true };
    libc.waitid(libc.P_PID, pid, info, libc.WEXITED | libc.WNOHANG);
  }
}
