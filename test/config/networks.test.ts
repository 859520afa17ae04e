// Sets of addresses: who is in, who is not, and what is no network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks, parseNetwork } from '../../src/config/networks.ts';

test('an address is in its block and not in another', () => {
  const networks = new Networks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  for (const address of [
    '10.0.0.0',
    '10.255.255.255',
    '192.0.2.7',
    '2001:db8::1',
    '2001:db8:ffff::',
    '::1',
  ]) {
    assert.equal(networks.has(address), true, address);
  }
  for (const address of [
    '11.0.0.0',
    '9.255.255.255',
    '192.0.2.8',
    '2001:db9::',
    '::2',
    '',
    'example.org',
    '10.0.0.1:80',
  ]) {
    assert.equal(networks.has(address), false, address);
  }
});

test('an IPv4 client of an IPv6 socket is the IPv4 client', () => {
  const networks = new Networks(['127.0.0.0/8']);
  assert.equal(networks.has('::ffff:127.0.0.1'), true);
  assert.equal(networks.has('::ffff:128.0.0.1'), false);
});

test('unix stands for the peers of unix sockets alone', () => {
  assert.equal(new Networks(['unix']).has(''), true);
  assert.equal(new Networks(['unix']).has('127.0.0.1'), false);
});

test('* is everybody', () => {
  const networks = new Networks(['*']);
  for (const address of ['', '203.0.113.9', '2001:db8::1']) assert.equal(networks.has(address), true);
});

test('an empty list is nobody', () => {
  for (const address of ['', '127.0.0.1', '::1']) assert.equal(new Networks([]).has(address), false);
});

test('a block of all addresses of a family has them all', () => {
  assert.equal(new Networks(['0.0.0.0/0']).has('203.0.113.9'), true);
  assert.equal(new Networks(['::/0']).has('2001:db8::1'), true);
});

test('white space around an entry is dropped', () =>
  assert.equal(parseNetwork(' 10.0.0.0/8 '), '10.0.0.0/8'));

test('what is no network is refused with the reason', () => {
  const refused: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /it is not an IP address/],
    ['localhost', /localhost is not an IP address/],
    ['10.0.0/8', /10.0.0 is not an IP address/],
    ['10.0.0.0/33', /prefix length, 33, is not from 0 to 32/],
    ['::/129', /prefix length, 129, is not from 0 to 128/],
    ['10.0.0.0/', /prefix length/],
    ['10.0.0.0/-1', /prefix length/],
    ['fe80::1%eth0', /zone/],
  ];
  for (const [text, message] of refused)
    assert.throws(() => parseNetwork(text), { name: 'BadValue', message }, text);
});
