// The units of examples/deploy: systemd understands each line, and their times agree with the settings.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { withTool } from '../clients/tools.ts';
import { DEPLOY, settingsOf } from './deployed-app.ts';

const UNITS = ['siskin.service', 'siskin.socket'] as const;
const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, min: 60 };

function unit(name: (typeof UNITS)[number]): string {
  return readFileSync(new URL(name, DEPLOY), 'utf8');
}

/** What the unit says last. */
function said(text: string, name: string): string {
  const value = [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].at(-1)?.[1];
  assert.ok(value !== undefined, `it does not say ${name}`);
  return value;
}

function seconds(text: string, name: string): number {
  const [, count, unitOfTime] = /^(\d+)(s|min)?$/.exec(said(text, name)) ?? [];
  return Number(count) * SECONDS[unitOfTime ?? '']!;
}

withTool('systemd-analyze', 'systemd finds nothing wrong with the units', async (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-units-'));
  try {
    const files = UNITS.map((name) => {
      const file = join(folder, name);
      // Programs must be there.
      writeFileSync(file, unit(name).replaceAll('/usr/bin/node', process.execPath));
      return file;
    });
    const { stdout, stderr } = await promisify(execFile)(path, ['verify', '--man=no', ...files]);
    // Of other units of this machine it may have something to say, too.
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('siskin'));
    assert.deepEqual(complaints, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what a stop and a start may take, systemd waits for', async () => {
  const service = unit('siskin.service');
  const { gracefulTimeout, bootTimeout } = await settingsOf();
  // Beyond gracefulTimeout workers have 2 s to cut what is left, and 1 s until they are killed.
  assert.ok(seconds(service, 'TimeoutStopSec') > gracefulTimeout / 1000 + 3);
  assert.ok(seconds(service, 'TimeoutStartSec') > bootTimeout / 1000);
});

test('the service has descriptors for all connections, and code may be compiled', async () => {
  const service = unit('siskin.service');
  const { maxConnections } = await settingsOf();
  assert.ok(Number(said(service, 'LimitNOFILE')) > maxConnections);
  assert.doesNotMatch(service, /^MemoryDenyWriteExecute=/m);
});

test('where siskin ctl finds the arbiter is a folder that systemd makes', () => {
  const service = unit('siskin.service');
  assert.match(service, new RegExp(`=/run/${said(service, 'RuntimeDirectory')}/control\\.sock$`, 'm'));
});

test('the socket is the one that the service takes', async () => {
  assert.match(unit('siskin.service'), /^Requires=siskin\.socket$/m);
  const { backlog } = await settingsOf();
  assert.equal(Number(said(unit('siskin.socket'), 'Backlog')), backlog);
});
