// Which files are made green.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { PACKAGES } from '../../src/green/packages.ts';
import { Selection } from '../../src/green/selection.ts';

const url = (path: string): string => pathToFileURL(path).href;
const OURS = new URL('../../src/task/task.ts', import.meta.url).href;

describe('of what is loaded, green are', () => {
  const selection = new Selection([], '/app');

  it('the app’s own files', () => {
    assert.ok(selection.choose(url('/app/src/routes.ts')));
  });

  it('of packages only those that are known', () => {
    assert.ok(selection.choose(url('/app/node_modules/router/index.js')));
    assert.equal(selection.choose(url('/app/node_modules/lodash/map.js')), undefined);
    assert.ok(selection.choose(url('/app/node_modules/@koa/router/dist/router.js')));
    assert.equal(selection.choose(url('/app/node_modules/@koa/cors/index.js')), undefined);
  });

  it('a known package’s files that matter, wherever it is nested', () => {
    assert.ok(selection.choose(url('/app/node_modules/express/lib/application.js')));
    assert.equal(selection.choose(url('/app/node_modules/express/lib/utils.js')), undefined);
    assert.ok(selection.choose(url('/app/node_modules/a/node_modules/express/lib/router/layer.js')));
    assert.equal(
      selection.choose(url('/app/node_modules/express/node_modules/depd/index.js')),
      undefined,
      'what a known package has for itself is another package',
    );
  });

  it('a known package that is installed under another name', () => {
    const here = new URL('../../node_modules/express4/lib/router/layer.js', import.meta.url).href;
    assert.ok(selection.choose(here));
  });

  it('neither Node’s own modules nor this package', () => {
    assert.equal(selection.choose('node:fs'), undefined);
    assert.equal(selection.choose('data:text/javascript,1'), undefined);
    assert.equal(selection.choose(OURS), undefined);
  });
});

describe('a pattern', () => {
  it('names packages, with a scope and a star', () => {
    const selection = new Selection(['left-pad', '@mine/*'], '/app');
    assert.ok(selection.choose(url('/app/node_modules/left-pad/index.js')));
    assert.ok(selection.choose(url('/app/node_modules/@mine/models/a.js')));
    assert.equal(selection.choose(url('/app/node_modules/right-pad/index.js')), undefined);
  });

  it('with a slash in front names files, relative ones where the program was started', () => {
    const selection = new Selection(['./node_modules/x/lib/**', '/shared/*.js'], '/app');
    assert.ok(selection.choose(url('/app/node_modules/x/lib/deep/a.js')));
    assert.equal(selection.choose(url('/app/node_modules/x/index.js')), undefined);
    assert.ok(selection.choose(url('/shared/a.js')));
  });

  it('with an exclamation mark takes out, and the last one counts', () => {
    const selection = new Selection(['!./src/legacy/**', './src/legacy/new.js', '!express'], '/app');
    assert.equal(selection.choose(url('/app/src/legacy/old.js')), undefined);
    assert.ok(selection.choose(url('/app/src/legacy/new.js')));
    assert.equal(selection.choose(url('/app/node_modules/express/lib/application.js')), undefined);
  });

  it('that adds all of a known package keeps what is known of it', () => {
    const selection = new Selection(['./node_modules/express/lib/utils.js'], '/app');
    const chosen = selection.choose(url('/app/node_modules/express/lib/utils.js'));
    assert.deepEqual(chosen, PACKAGES.get('express'));
    assert.equal(chosen?.enter?.[0], 'next');
  });
});
