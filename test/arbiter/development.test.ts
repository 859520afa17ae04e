// `siskin dev`, with real processes and files.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withSiskin } from '../cli/child.ts';
import { temporaryFolder } from '../folder.ts';
import { ask, logged } from './service.ts';

const { directory, write } = temporaryFolder('dev');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('siskin dev', () => {
  test('restarts when a loaded file changes, refuses nobody meanwhile, and shows what is wrong', {
    timeout: 60_000,
  }, async () => {
    write('data.cjs', `exports.word = 'one';`);
    write('lib.mjs', `import data from './data.cjs'; export const word = data.word;`);
    write(
      'app.mjs',
      `import { word } from './lib.mjs';
      export default () => new Response([word, process.env.NODE_ENV, process.env.COLOR ?? 'plain'].join(' '));`,
    );
    const args = ['app.mjs', '--bind', '127.0.0.1:0'];
    await withSiskin(
      args,
      { cwd: directory },
      async (child) => {
        const url = await child.url();
        assert.equal((await ask(url)).body, 'one development plain');

        let restarts = 0;
        /** Whoever asks while it restarts waits; the old app may have a last word. */
        const change = async (name: string, source: string, expected: RegExp): Promise<void> => {
          write(name, source);
          await logged(child, /changed: restarting/, ++restarts);
          for (;;) {
            const { status, body } = await ask(url);
            if (expected.test(`${status} ${body}`)) return;
          }
        };
        await change('data.cjs', `exports.word = 'two';`, /^200 two development plain$/);
        await change(
          'lib.mjs',
          `export const word = <b>;`,
          /^500 .*SyntaxError.*lib\.mjs:1.*export const word = &lt;b&gt;/s,
        );
        await change('lib.mjs', `export const word = 'three';`, /^200 three development plain$/);
        // There was none when it started.
        for (const color of ['red', 'blue']) {
          const source = `export default { env: { COLOR: '${color}' } };`;
          await change('siskin.config.mjs', source, new RegExp(`^200 three development ${color}$`));
        }
      },
      'dev',
    );
  });
});
