// What was probably meant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/config/nearest.ts';

test('a slip is recognized: a letter too many, missing, wrong, or swapped with its neighbour', () => {
  for (const slip of ['bindd', 'bnd', 'bond', 'bnid', 'BIND'])
    assert.equal(nearest(slip, ['backlog', 'bind']), 'bind');
});

test('the closest candidate wins, the first among equals', () => {
  assert.equal(nearest('limitRequestLne', ['limitRequestBody', 'limitRequestLine']), 'limitRequestLine');
  assert.equal(nearest('aaab', ['aaac', 'aaad']), 'aaac');
});

test('what looks like nothing known gets no suggestion', () => {
  assert.equal(nearest('workers', ['bind', 'backlog']), undefined);
  assert.equal(nearest('x', []), undefined);
});
