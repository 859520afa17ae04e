// The peers that tests drive, and the other controls of the simulation: files, descriptors, names, broken links.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EAGAIN, ECONNREFUSED, ECONNRESET, EPIPE, WRITABLE } from '../../../src/kernel/index.ts';
import { createSimKernel, type SimKernel } from '../../../src/kernel/sim/index.ts';

const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;

function listening(options = {}): [SimKernel, number] {
  const kernel = createSimKernel(options);
  return [kernel, kernel.listen(ADDRESS, { backlog: 8 })];
}

function receive(kernel: SimKernel, fd: number): string | number {
  kernel.elapse(1);
  const bytes = Buffer.alloc(100_000);
  const count = kernel.recv(fd, bytes, 0, bytes.length);
  return count > 0 ? bytes.toString('latin1', 0, count) : count;
}

function send(kernel: SimKernel, fd: number, text: string): number {
  return kernel.send(fd, Buffer.from(text), 0, text.length);
}

describe("a test's client", () => {
  test('sends, receives and half-closes while the program waits', () => {
    const [kernel, listener] = listening();
    const client = kernel.client(ADDRESS).send('ping').shutdown();
    kernel.elapse(1);
    const server = kernel.accept(listener);
    assert.equal(receive(kernel, server), 'ping');
    assert.equal(receive(kernel, server), 0);
    send(kernel, server, 'pong');
    kernel.close(server);
    kernel.elapse(1);
    assert.equal(client.text(), 'pong');
    assert.ok(client.ended && client.done);
    assert.equal(client.error, 0);
  });

  test('comes from the address that the test gives it', () => {
    const [kernel, listener] = listening();
    const from = { family: 'inet', host: '203.0.113.9', port: 4711 } as const;
    kernel.client(ADDRESS, { from });
    kernel.elapse(1);
    assert.deepEqual(kernel.peerAddress(kernel.accept(listener)), from);
  });

  test('calls back when it is open, gets bytes, sees the end, and may answer from there', () => {
    const [kernel, listener] = listening();
    const seen: string[] = [];
    kernel.client(ADDRESS, {
      onOpen: (client) => {
        seen.push('open');
        client.send('hello');
      },
      onData: (client, chunk) => {
        seen.push(Buffer.from(chunk).toString());
        client.send('thanks');
      },
      onEnd: (client) => {
        seen.push('end');
        client.close();
      },
    });
    kernel.elapse(1);
    const server = kernel.accept(listener);
    assert.equal(receive(kernel, server), 'hello');
    send(kernel, server, 'bytes');
    assert.equal(receive(kernel, server), 'thanks');
    kernel.shutdown(server);
    assert.equal(receive(kernel, server), 0);
    assert.deepEqual(seen, ['open', 'bytes', 'end']);
  });

  test('says when it was refused', () => {
    const kernel = createSimKernel();
    const errors: number[] = [];
    const client = kernel.client(ADDRESS, { onError: (failed) => errors.push(failed.error) }).send('x');
    kernel.elapse(1);
    assert.equal(client.error, -ECONNREFUSED);
    assert.deepEqual(errors, [-ECONNREFUSED]);
    assert.equal(client.opened, false);
  });

  test('says when it was reset, also where a send met the reset first', () => {
    for (const sending of [false, true]) {
      const [kernel, listener] = listening();
      const client = kernel.client(ADDRESS);
      kernel.elapse(1);
      kernel.close(kernel.accept(listener), 'reset');
      if (sending) kernel.after(0.25, () => client.send('into the void'));
      kernel.elapse(1);
      assert.equal(client.error, -ECONNRESET);
      assert.equal(client.ended, false);
    }
  });

  test('resets', () => {
    const [kernel, listener] = listening();
    const client = kernel.client(ADDRESS);
    kernel.elapse(1);
    const server = kernel.accept(listener);
    client.reset();
    assert.equal(receive(kernel, server), -ECONNRESET);
    assert.equal(send(kernel, server, 'x'), -EPIPE);
  });

  test('that pauses makes the server wait for room, and takes everything when it resumes', () => {
    const [kernel, listener] = listening({ sendBuffer: 1000, receiveBuffer: 500 });
    const client = kernel.client(ADDRESS).pause();
    kernel.elapse(1);
    const server = kernel.accept(listener);
    const text = 'x'.repeat(2000);
    assert.equal(send(kernel, server, text), 1000);
    kernel.elapse(1);
    assert.equal(send(kernel, server, text), 500);
    kernel.elapse(100);
    assert.equal(send(kernel, server, text), -EAGAIN);
    client.resume();
    kernel.elapse(5);
    assert.equal(client.receivedBytes, 1500);
  });

  test('with a pace takes so many bytes at so many milliseconds', () => {
    const [kernel, listener] = listening();
    const client = kernel.client(ADDRESS, { pace: { bytes: 10, every: 100 } });
    kernel.elapse(1);
    const server = kernel.accept(listener);
    send(kernel, server, 'y'.repeat(100));
    kernel.elapse(450);
    assert.ok(client.receivedBytes >= 30 && client.receivedBytes <= 50, `${client.receivedBytes}`);
    kernel.elapse(1000);
    assert.equal(client.receivedBytes, 100);
  });
});

describe('controls of the simulation', () => {
  test('closing a descriptor that a poller watches throws: on Linux it might go on being reported', () => {
    const [kernel, listener] = listening();
    const poller = kernel.createPoller();
    poller.add(listener, 0, 0);
    assert.throws(() => kernel.close(listener), /remove\(3\) first/);
    poller.remove(listener);
    assert.equal(kernel.close(listener), 0);
  });

  test('a listener lives as long as any descriptor of it', () => {
    const [kernel, listener] = listening();
    const held = kernel.duplicate(listener);
    kernel.close(listener);
    const client = kernel.client(ADDRESS);
    kernel.elapse(1);
    assert.equal(client.opened, true);
    assert.ok(kernel.accept(held) > 0);
    kernel.close(held);
    const late = kernel.client(ADDRESS);
    kernel.elapse(1);
    assert.equal(late.error, -ECONNREFUSED);
  });

  test('a link that breaks resets both ends', () => {
    const [kernel, listener] = listening();
    const client = kernel.client(ADDRESS);
    kernel.elapse(1);
    const server = kernel.accept(listener);
    kernel.breakConnection(server);
    assert.equal(receive(kernel, server), -ECONNRESET);
    assert.equal(client.error, -ECONNRESET);
  });

  test('open descriptors are listed with what they are', () => {
    const [kernel] = listening();
    kernel.createPoller();
    kernel.openFile(new Uint8Array(1));
    kernel.connect(ADDRESS);
    assert.deepEqual(
      kernel.openDescriptors().map(({ fd, kind }) => [fd, kind]),
      [
        [3, 'listener'],
        [4, 'poller'],
        [5, 'file'],
        [6, 'stream'],
      ],
    );
    assert.equal(kernel.statistics().open, 4);
  });

  test('names resolve to what the test says', async () => {
    const kernel = createSimKernel({ hosts: { 'api.test': ['2001:db8::1', '192.0.2.1'] } });
    assert.deepEqual(await kernel.resolve('API.test', 1), [
      { family: 'inet6', host: '2001:db8::1', port: 1 },
      { family: 'inet', host: '192.0.2.1', port: 1 },
    ]);
    kernel.setHost('api.test', []);
    await assert.rejects(kernel.resolve('api.test', 1), { name: 'SystemError' });
  });

  test('buffers have the sizes that were asked for, varied by the seed where a range was', () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const [kernel] = listening({ seed, sendBuffer: { min: 10, max: 1000 } });
      const client = kernel.connect(ADDRESS);
      const poller = kernel.createPoller();
      poller.add(client, 0, WRITABLE);
      poller.wait(-1);
      const taken = send(kernel, client, 'z'.repeat(5000));
      assert.ok(taken >= 10 && taken <= 1000);
      sizes.add(taken);
    }
    assert.ok(sizes.size > 10);
  });

  test('a buffer that was filled to the last byte is reported when there is room, though no send failed', () => {
    const [kernel, listener] = listening({ sendBuffer: 100, receiveBuffer: 100 });
    const client = kernel.connect(ADDRESS);
    kernel.elapse(1);
    const server = kernel.accept(listener);
    for (let i = 0; i < 2; i++) {
      assert.equal(send(kernel, client, 'z'.repeat(100)), 100);
      kernel.elapse(1);
    }
    const poller = kernel.createPoller();
    poller.add(client, 1, WRITABLE);
    assert.equal(poller.wait(0), 0);
    assert.equal(receive(kernel, server), 'z'.repeat(100));
    assert.equal(poller.wait(-1), 1);
    assert.equal(poller.flags(0), WRITABLE);
  });
});
