// The channel between two processes: whole messages, and descriptors with them.

import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EAGAIN, ECONNRESET, EPIPE } from '../../src/kernel/index.ts';
import { createChannel, MESSAGE_LIMIT, receiveMessage, sendMessage } from '../../src/kernel/linux/channel.ts';
import * as libc from '../../src/kernel/linux/libc.ts';

const text = (value: string): Buffer => Buffer.from(value);

function withChannel(use: (one: number, other: number) => void): void {
  const [one, other] = createChannel();
  try {
    use(one, other);
  } finally {
    for (const end of [one, other]) {
      try {
        closeSync(end);
      } catch {
        // The test has closed it.
      }
    }
  }
}

describe('a channel', () => {
  test('keeps messages apart, in both directions', () => {
    withChannel((one, other) => {
      assert.equal(sendMessage(one, text('first')), 0);
      assert.equal(sendMessage(one, text('second')), 0);
      assert.equal(sendMessage(other, text('back')), 0);
      const buffer = Buffer.alloc(100);
      const messages = [other, other, one].map((end) => {
        const { size, descriptor } = receiveMessage(end, buffer);
        assert.equal(descriptor, -1);
        return buffer.toString('latin1', 0, size);
      });
      assert.deepEqual(messages, ['first', 'second', 'back']);
    });
  });

  test('says that there is nothing, and that nobody is left', () => {
    withChannel((one, other) => {
      const buffer = Buffer.alloc(100);
      assert.equal(receiveMessage(one, buffer).size, -EAGAIN);
      closeSync(other);
      assert.equal(receiveMessage(one, buffer).size, 0);
      assert.equal(sendMessage(one, text('anybody?')), -EPIPE);
    });
  });

  test('says that nobody is left, where that one has left messages unread', () => {
    withChannel((one, other) => {
      sendMessage(one, text('unread'));
      closeSync(other);
      assert.equal(receiveMessage(one, Buffer.alloc(100)).size, -ECONNRESET);
      assert.equal(receiveMessage(one, Buffer.alloc(100)).size, 0);
    });
  });

  test('says when the other end has read too little', () => {
    withChannel((one) => {
      const large = Buffer.alloc(MESSAGE_LIMIT);
      let result = 0;
      for (let i = 0; i < 1000 && result === 0; i++) result = sendMessage(one, large);
      assert.equal(result, -EAGAIN);
    });
  });

  test('hands over a descriptor, which is another name for the same file', () => {
    const path = join(tmpdir(), `siskin-channel-${process.pid}`);
    writeFileSync(path, 'the file');
    withChannel((one, other) => {
      const file = openSync(path, 'r');
      assert.equal(sendMessage(one, text('take it'), { descriptor: file }), 0);
      closeSync(file);
      const buffer = Buffer.alloc(100);
      const { size, descriptor } = receiveMessage(other, buffer, true);
      assert.equal(buffer.toString('latin1', 0, size), 'take it');
      assert.equal(fstatSync(descriptor).size, 8);
      const read = Buffer.alloc(8);
      readSync(descriptor, read);
      assert.equal(String(read), 'the file');
      closeSync(descriptor);
      sendMessage(one, text('without'));
      assert.equal(receiveMessage(other, buffer).descriptor, -1);
    });
    rmSync(path);
  });

  test('refuses a message that could not be sent whole', () => {
    withChannel((one) => assert.throws(() => sendMessage(one, Buffer.alloc(MESSAGE_LIMIT + 1)), RangeError));
  });

  test('takes one descriptor, and closes a second one that somebody has sent along', () => {
    withChannel((one, other) => {
      const sent = openSync('/dev/null', 'r');
      sendTwo(one, sent);
      closeSync(sent);
      const before = openDescriptors();
      const { size, descriptor } = receiveMessage(other, Buffer.alloc(100));
      assert.deepEqual([size, openDescriptors() - before], [3, 1]);
      closeSync(descriptor);
    });
  });
});

/** As a program does that speaks to the kernel itself: sendmsg(2), with the same descriptor twice. */
function sendTwo(fd: number, descriptor: number): void {
  const message = text('two');
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(24n, 0);
  control.writeInt32LE(libc.SOL_SOCKET, 8);
  control.writeInt32LE(1, 12);
  control.writeInt32LE(descriptor, 16);
  control.writeInt32LE(descriptor, 20);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(libc.address(message), 0);
  vector.writeBigUInt64LE(BigInt(message.length), 8);
  const header = Buffer.alloc(56);
  for (const [value, at] of [
    [libc.address(vector), 16],
    [1n, 24],
    [libc.address(control), 32],
    [24n, 40],
  ] as const)
    header.writeBigUInt64LE(value, at);
  assert.equal(libc.sendmsg(fd, header, 0), 3);
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
