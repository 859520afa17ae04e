// What a deployment needs of the server: a reload finds the release that the link of its directory points to by then.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';
import { ask, logged } from './service.ts';

const { place } = temporaryFolder('deployment');

const TIMEOUT = { timeout: 90_000 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a reload after a deployment', () => {
  test(
    'follows the link that the server was started in, and reads environment files anew',
    TIMEOUT,
    async () => {
      const release = (name: string, version: string): void => {
        mkdirSync(place(name));
        writeFileSync(
          place(`${name}/app.mjs`),
          `export default () => new Response('${version} ' + process.env.COLOR + ' ' + process.cwd());`,
        );
        writeFileSync(
          place(`${name}/.env`),
          `COLOR=${version === 'one' ? 'red' : 'blue'}\nSISKIN_BACKLOG=77`,
        );
      };
      release('one', 'one');
      release('two', 'two');
      symlinkSync('one', place('current'));
      const cwd = place('current');
      const args = ['app.mjs', '--env-file', '.env', '--bind', '127.0.0.1:0', '--min-uptime', '20ms'];
      // As a shell sets it.
      await withSiskin(args, { cwd, env: { PWD: cwd } }, async (child) => {
        const url = await child.url();
        assert.equal((await ask(url)).body, `one red ${place('one')}`);
        rmSync(place('current'));
        symlinkSync('two', place('current'));
        child.process.kill('SIGHUP');
        await logged(child, /reload: done/);
        let { body } = await ask(url);
        // The old worker may have a last word.
        while (body.startsWith('one')) ({ body } = await ask(url));
        assert.equal(body, `two blue ${place('two')}`);
      });
    },
  );
});
