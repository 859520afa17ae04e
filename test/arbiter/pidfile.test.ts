// The arbiter's pidfile: it keeps a second one from starting, and never takes the place of another file.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { removePidfile, writePidfile } from '../../src/arbiter/pidfile.ts';
import { temporaryFolder } from '../folder.ts';

const { place, write } = temporaryFolder('pidfile');

describe('a pidfile', () => {
  test('has the process id, and is removed by who has written it', () => {
    writePidfile(place('new.pid'));
    assert.equal(readFileSync(place('new.pid'), 'utf8'), `${process.pid}\n`);
    removePidfile(place('new.pid'));
    assert.equal(existsSync(place('new.pid')), false);
  });

  for (const [what, text] of [
    ['a process that has ended', '4194304\n'],
    ['nobody: the disk was full', ''],
  ] as const) {
    test(`of ${what} is replaced`, () => {
      write('old.pid', text);
      writePidfile(place('old.pid'));
      assert.equal(readFileSync(place('old.pid'), 'utf8'), `${process.pid}\n`);
      removePidfile(place('old.pid'));
    });
  }

  for (const text of ['export default app;\n', '12 monkeys\n', '-1\n', '0\n']) {
    test(`is not put in the place of a file with ${JSON.stringify(text)}`, () => {
      write('app.js', text);
      assert.throws(() => writePidfile(place('app.js')), /is there, and is none: it stays as it is/);
      removePidfile(place('app.js'));
      assert.equal(readFileSync(place('app.js'), 'utf8'), text);
    });
  }

  test('is not put in the place of a folder', () => {
    mkdirSync(place('folder'));
    assert.throws(() => writePidfile(place('folder')), { code: 'ERR_SISKIN_CONFIG' });
  });
});
