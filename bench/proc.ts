// What /proc says of a server: the processor time and memory of its process and all that it started.
// `run.ts` and the other measurements read it before and after a load.

import { readdirSync, readFileSync } from 'node:fs';

/** utime and stime of /proc/PID/stat count in USER_HZ, which is 100 on every Linux architecture in use: proc(5). */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** User and system seconds of `pid` and its descendants, their ended threads and reaped children included. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of tree(pid)) ticks += readStat(member)?.ticks ?? 0;
  return ticks / TICKS_PER_SECOND;
}

/** Seconds that all processes together, the kernel and the hypervisor took of all cores since the start: proc_stat(5). */
export function machineSeconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = read('/proc/stat')
    .split(/\s+/, 9)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND;
}

/** Resident bytes (VmRSS) of `pid` and its descendants. Pages that they share count for each. */
export function residentBytes(pid: number): number {
  return tree(pid).reduce((sum, member) => sum + statusBytes(member, 'VmRSS'), 0);
}

/** Resident bytes of `pid` alone that no file backs: its heap and stacks, without the pages of Node's program. */
export function anonymousBytes(pid: number): number {
  return statusBytes(pid, 'RssAnon');
}

/** A size that /proc/PID/status tells (proc(5)); 0 once the process has ended. */
function statusBytes(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Descriptors that `pid` and its descendants have open; 0 once they have ended. */
export function openDescriptors(pid: number): number {
  let count = 0;
  for (const member of tree(pid)) {
    try {
      count += readdirSync(`/proc/${member}/fd`).length;
    } catch {
      // It has ended meanwhile.
    }
  }
  return count;
}

/** `pid` and all processes below it. */
export function tree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat === undefined) continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const members = [pid];
  for (const member of members) members.push(...(children.get(member) ?? []));
  return members;
}

/** The fields after the command, which stands in parentheses and may hold anything. */
function readStat(pid: number): Stat | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '') return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // state ppid ... utime(11) stime(12) cutime(13) cstime(14), counted from the state
  const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
  return { parent: Number(fields[1]), ticks };
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
