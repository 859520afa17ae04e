// The link check: what counts as a link, what an anchor is called, and what is broken.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLinks, findAnchors, findLinks } from '../../scripts/links.ts';
import { temporaryFolder } from '../folder.ts';

const { directory, write } = temporaryFolder('links');
write('other.md', '# Other page\n\n## A *section*, with `code`\n');
write('with space.md', '# Space\n');

const targets = (markdown: string): string[] => findLinks(markdown).map((link) => link.target);

test('links are inline, images, definitions and HTML', () => {
  assert.deepEqual(targets('[a](one.md) ![b](two.png "title") <a href="three.md">c</a>\n\n[d]: four.md\n'), [
    'one.md',
    'two.png',
    'three.md',
    'four.md',
  ]);
});

test('what is in code is no link', () => {
  assert.deepEqual(
    targets('`[a](one.md)`\n\n```md\n[b](two.md)\n```\n\n~~~\n[c](three.md)\n~~~\n[d](four.md)'),
    ['four.md'],
  );
});

test('a link has its line', () => {
  assert.deepEqual(findLinks('a\n\n```\nx\n```\n[b](c.md)'), [{ target: 'c.md', line: 6 }]);
});

test('anchors are made as GitHub makes them', () => {
  const anchors = findAnchors(
    '# Hello, World!\n## `code` & [link](x.md)\n## Hello, World!\n```\n# not one\n```\n<a id="own"></a>\n### keepAlive_x ###\n',
  );
  assert.deepEqual([...anchors], ['hello-world', 'code--link', 'hello-world-1', 'own', 'keepalive_x']);
});

const page = join(directory, 'page.md');

test('links that lead somewhere are fine', () => {
  const text =
    '# Top\n[a](other.md) [b](other.md#a-section-with-code) [c](#top) [d](.) [e](https://example.org/x#y) [f](with%20space.md) [g](mailto:a@b.c)';
  assert.deepEqual(checkLinks(page, text), []);
});

test('links that lead nowhere are named with their line and reason', () => {
  assert.deepEqual(checkLinks(page, '# Top\n[a](gone.md)\n[b](other.md#nothing) [c](#bottom)'), [
    '2: gone.md: there is no such file',
    '3: other.md#nothing: no heading has the anchor nothing',
    '3: #bottom: no heading has the anchor bottom',
  ]);
});
