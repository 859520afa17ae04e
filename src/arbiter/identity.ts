// From the names of a user and a group to their numbers. The system may have them in a file or in a directory service: id(1)
// asks wherever it is configured to.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { ConfigError, type ResolvedSettings, type SettingKey } from '../config/index.ts';
import type { Identity } from '../protocol/index.ts';

/** What workers become; undefined: what the arbiter is. Throws `ConfigError`. */
export function identityOf(resolved: ResolvedSettings): Identity | undefined {
  const { user, group } = resolved.settings;
  if (user === '' && group === '') return undefined;
  const uid = user === '' ? process.getuid!() : userId(resolved, user);
  const name = /^\d+$/.test(user) ? ask('-un', user) : user === '' ? ask('-un', String(uid)) : user;
  const gid = group === '' ? primaryGroup(resolved, user) : groupId(resolved, group);
  const unchanged = uid === process.getuid!() && gid === process.getgid!();
  if (process.getuid!() !== 0 && !unchanged) {
    throw problem(
      resolved,
      user === '' ? 'group' : 'user',
      'only root can become another user',
      'siskin to be started as root, or neither user nor group',
    );
  }
  // It is that already, and may not even set what it has.
  if (process.getuid!() !== 0) return undefined;
  return { uid, gid, ...(name !== undefined && { name }) };
}

function userId(resolved: ResolvedSettings, user: string): number {
  if (/^\d+$/.test(user)) return checkId(resolved, 'user', Number(user));
  const uid = ask('-u', user);
  if (uid === undefined) throw problem(resolved, 'user', 'there is no such user', 'a user of this machine');
  return Number(uid);
}

function primaryGroup(resolved: ResolvedSettings, user: string): number {
  const gid = ask('-g', user);
  if (gid !== undefined) return Number(gid);
  if (/^\d+$/.test(user)) return Number(user);
  throw problem(resolved, 'user', 'it has no group', 'a user of this machine');
}

function groupId(resolved: ResolvedSettings, group: string): number {
  if (/^\d+$/.test(group)) return checkId(resolved, 'group', Number(group));
  const line = groups().find((each) => each.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  if (gid === undefined)
    throw problem(resolved, 'group', 'there is no such group', 'a group of this machine');
  return Number(gid);
}

/** The last of 32 bits stands for none: setuid(2). */
function checkId(resolved: ResolvedSettings, setting: 'user' | 'group', id: number): number {
  if (id < 2 ** 32 - 1) return id;
  throw problem(
    resolved,
    setting,
    'no number is that large',
    `a ${setting} of this machine, or a number up to 4294967294`,
  );
}

function groups(): string[] {
  for (const read of [
    () => execFileSync('getent', ['group'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    () => readFileSync('/etc/group', 'utf8'),
  ]) {
    try {
      return read().split('\n');
    } catch {
      // The next way, then.
    }
  }
  return [];
}

function ask(what: string, user: string): string | undefined {
  try {
    return execFileSync('id', [what, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function problem(
  { settings, origins }: ResolvedSettings,
  setting: Extract<SettingKey, 'user' | 'group'>,
  reason: string,
  expected: string,
): ConfigError {
  return new ConfigError([{ setting, origin: origins[setting], got: settings[setting], reason, expected }]);
}
