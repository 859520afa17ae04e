// Log files: rotated, full, and in folders that others can write.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { LogFile } from '../../src/log/file.ts';
import { temporaryFolder } from '../folder.ts';

const { place } = temporaryFolder('log');
const silent = (): void => {};
const ME = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

describe('a log file', () => {
  test('is appended to, and made where there is none, for its owner and the group', () => {
    writeFileSync(place('a.log'), 'old\n');
    new LogFile(place('a.log'), silent).write('new\n');
    assert.equal(readFileSync(place('a.log'), 'utf8'), 'old\nnew\n');
    new LogFile(place('b.log'), silent).write('first\n');
    assert.equal(statSync(place('b.log')).mode & 0o777, 0o640 & ~process.umask());
  });

  test('goes on in a new file when it is opened anew, and in the old one where that can’t be', () => {
    const complaints: string[] = [];
    const file = new LogFile(place('c.log'), (message) => complaints.push(message));
    file.write('1\n');
    renameSync(place('c.log'), place('c.log.1'));
    file.write('2\n');
    file.reopen();
    file.write('3\n');
    assert.equal(readFileSync(place('c.log.1'), 'utf8'), '1\n2\n');
    assert.equal(readFileSync(place('c.log'), 'utf8'), '3\n');
    renameSync(place('c.log'), place('c.log.2'));
    symlinkSync('/nowhere/at/all', place('c.log'));
    file.reopen();
    file.write('4\n');
    assert.equal(readFileSync(place('c.log.2'), 'utf8'), '3\n4\n');
    assert.match(complaints.join(), /c\.log can't be opened, the old file stays: ENOENT/);
  });

  test('that is for somebody else is no link to another file', () => {
    writeFileSync(place('secret'), 'of root\n');
    chmodSync(place('secret'), 0o600);
    symlinkSync(place('secret'), place('d.log'));
    assert.throws(() => new LogFile(place('d.log'), silent, ME), /d\.log can't be opened: ELOOP/);
    // Where nobody else is concerned, a link is what the person wants: to /dev/stdout, in containers.
    new LogFile(place('d.log'), silent).write('followed\n');
    assert.equal(readFileSync(place('secret'), 'utf8'), 'of root\nfollowed\n');
    const own = new LogFile(place('e.log'), silent, ME);
    own.write('1\n');
    new LogFile(place('e.log'), silent, ME).write('2\n');
    assert.equal(readFileSync(place('e.log'), 'utf8'), '1\n2\n');
  });

  test('that can not be written says so once, and loses lines', {
    skip: process.platform !== 'linux' && 'it needs /dev/full',
  }, () => {
    const complaints: string[] = [];
    const file = new LogFile('/dev/full', (message) => complaints.push(message));
    for (let i = 0; i < 5; i++) file.write('line\n');
    assert.equal(complaints.length, 1);
    assert.match(complaints[0]!, /\/dev\/full can't be written, lines are lost: ENOSPC/);
  });
});
