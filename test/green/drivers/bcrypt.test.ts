// Hashing passwords in coroutines, with bcrypt and bcryptjs, against the same calls plain.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import { twinOf } from '../../../src/green/twin.ts';
import { green, install, outcome, turnsDuring } from './green.ts';

// biome-ignore lint/suspicious/noExplicitAny: called with what their types forbid
type Library = any;

const SALT = '$2b$04$abcdefghijklmnopqrstuu';

/** What both take, and refuse. */
const HASHED: readonly (readonly unknown[])[] = [
  ['secret', SALT],
  ['ü€😀 \0 after', SALT],
  ['x'.repeat(200), SALT],
  ['', SALT],
  ['secret', 'no salt'],
  ['secret', '$2b$99$abcdefghijklmnopqrstuu'],
  ['secret', '$2b$04$short'],
  ['secret', null],
  ['secret', {}],
  [undefined, SALT],
  [7, SALT],
  [],
];

for (const name of ['bcrypt', 'bcryptjs']) {
  describe(`${name} in coroutines`, () => {
    let library: Library;
    before(async () => {
      await install(name);
      library = createRequire(import.meta.url)(name);
    });

    it('hashes as the plain call does, and refuses what it refuses', async () => {
      for (const args of HASHED) {
        const expected = await outcome(() => library.hashSync(...args));
        assert.deepEqual(
          await outcome(() => green(library.hashSync, library, ...args)),
          expected,
          String(args),
        );
      }
      if (name === 'bcryptjs') return;
      const bytes = Buffer.from('bytes');
      assert.equal(await green(library.hashSync, library, bytes, SALT), library.hashSync(bytes, SALT));
    });

    it('makes a salt of a number of rounds', async () => {
      const hash = (await green(library.hashSync, library, 'secret', 5)) as string;
      assert.match(hash, /^\$2b\$05\$.{53}$/);
      assert.equal(library.compareSync('secret', hash), true);
      assert.deepEqual(
        await outcome(() => green(library.hashSync, library, 'secret', Number.NaN)).then((o) =>
          Object.keys(o as object),
        ),
        await outcome(() => library.hashSync('secret', Number.NaN)).then((o) => Object.keys(o as object)),
      );
    });

    it('compares as the plain call does, and refuses what it refuses', async () => {
      const hash = library.hashSync('secret', SALT);
      for (const args of [
        ['secret', hash],
        ['wrong', hash],
        ['secret', hash.slice(1)],
        ['secret', `${hash}x`],
        ['secret', ''],
        ['secret', null],
        [null, hash],
        [{}, hash],
        [],
      ]) {
        const expected = await outcome(() => library.compareSync(...args));
        const got = await outcome(() => green(library.compareSync, library, ...args));
        assert.deepEqual(got, expected, String(args));
      }
    });

    it('lets others run meanwhile', async () => {
      const turns = await turnsDuring(() =>
        Promise.all([1, 2].map(() => green(library.hashSync, library, 'secret', 10))),
      );
      assert.ok(turns > 20, `the loop turned ${turns} times`);
    });

    it('has twins however it is loaded', async () => {
      const namespace = await import(name);
      for (const each of [library, namespace, namespace.default])
        assert.ok(twinOf(each.hashSync) !== undefined && twinOf(each.compareSync) !== undefined);
    });
  });
}
