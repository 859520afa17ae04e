// What `siskin green check` says of a module: each function, whether it is green, why not, and what it writes.

import type { Decisions } from './decide.ts';
import type { Analysis, FunctionInfo } from './functions.ts';
import type { Lines } from './parse.ts';

/** A write of module-level state, which others can do too while this function waits. */
export interface ModuleWrite {
  readonly name: string;
  readonly line: number;
  /** The variable itself, or a property of what it holds. */
  readonly kind: 'variable' | 'property';
}

export interface FunctionReport {
  readonly name: string;
  readonly line: number;
  /** Whether its callers can be suspended by it: it has a twin, or is async and waits for twins. */
  readonly green: boolean;
  /** Why it can't. */
  readonly reason?: string;
  /** It is not green, and has a call that could wait: there it blocks. */
  readonly blocks?: boolean;
  /** What it writes of the module's state, where it can suspend. */
  readonly writes?: readonly ModuleWrite[];
}

export function reportOf(analysis: Analysis, decisions: Decisions, lines: Lines): FunctionReport[] {
  const writes = new Map<FunctionInfo, ModuleWrite[]>();
  for (const { name, scope, start, kind, by } of analysis.writes) {
    const binding = scope.lookup(name);
    if (binding?.scope !== analysis.top || !isGreen(by)) continue;
    const found = writes.get(by) ?? [];
    found.push({ name, line: lines.lineOf(start) + 1, kind });
    writes.set(by, found);
  }
  return analysis.all
    .filter(({ node }) => node !== undefined)
    .map((info) => {
      const reason = isGreen(info) ? undefined : decisions.reasonOf(info);
      const written = writes.get(info);
      return {
        name: info.name,
        line: lines.lineOf(info.start) + 1,
        green: isGreen(info),
        ...(reason !== undefined && { reason }),
        ...(reason !== undefined && info.switches && { blocks: true }),
        ...(written !== undefined && { writes: written }),
      };
    });
}

function isGreen(info: FunctionInfo): boolean {
  return info.twin || info.waits || info.rewritten;
}
