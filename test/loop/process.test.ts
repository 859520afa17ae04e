// A process with an attached loop: how long it lives, and what becomes of errors that nobody catches.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { runScript } from './script.ts';

describe('a process with an attached loop', { skip: process.platform !== 'linux', concurrency: true }, () => {
  test('ends by itself when nothing is left to do', async () => {
    const { code, lines, errors } = await runScript(`
      const l = new loop.Loop(await kernel.createKernel());
      l.attach();
      l.schedule({ run: () => l.setTimer(20, () => console.log('timer')) });
      l.setTimer(10, () => console.log('first'));
    `);
    assert.deepEqual({ code, lines, errors }, { code: 0, lines: ['first', 'timer'], errors: '' });
  });

  test('does not wait for a timer that is cancelled, wherever that is done', async () => {
    const { code, lines } = await runScript(`
      const l = new loop.Loop(await kernel.createKernel());
      l.attach();
      const inTurn = l.setTimer(3_600_000, () => console.log('in a turn'));
      const outside = l.setTimer(3_600_000, () => console.log('outside'));
      l.schedule({ run: () => l.cancelTimer(inTurn) });
      setTimeout(() => l.cancelTimer(outside), 10);
    `);
    assert.deepEqual({ code, lines }, { code: 0, lines: [] });
  });

  test('does not wait for a background timer, but for what is later than it', async () => {
    const { code, lines } = await runScript(`
      const l = new loop.Loop(await kernel.createKernel());
      l.attach();
      l.setBackgroundTimer(3_600_000, () => console.log('never'));
      l.setBackgroundTimer(1, () => console.log('in the background'));
      const cancelled = l.setTimer(3_600_000, () => console.log('cancelled'));
      l.setTimer(20, () => l.cancelTimer(cancelled));
    `);
    assert.deepEqual({ code, lines }, { code: 0, lines: ['in the background'] });
  });

  test('does not wait for a stream that is not referenced, until it is again', async () => {
    const { code, lines } = await runScript(`
      const server = nodeNet.createServer((socket) => {
        socket.unref();
        socket.on('error', () => {});
        setTimeout(() => socket.write('hello'), 20).unref();
      });
      await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
      server.unref();
      const l = new loop.Loop(await kernel.createKernel());
      l.attach();
      const { port } = server.address();
      const stream = await task.spawn(l, net.connect({ family: 'inet', host: '127.0.0.1', port }));
      stream.setReferenced(false);
      l.schedule({ run: () => stream.setReferenced(true) });
      const bytes = Buffer.alloc(10);
      const count = await task.spawn(l, stream.read(bytes));
      console.log(bytes.toString('latin1', 0, count));
      stream.setReferenced(false);
    `);
    assert.deepEqual({ code, lines }, { code: 0, lines: ['hello'] });
  });

  test('stays while it listens, serves although garbage is collected, and ends when that is over', async () => {
    const { code, lines, errors } = await runScript(
      `
      const k = await kernel.createKernel();
      function start() {
        const l = new loop.Loop(k);
        l.attach();
        const fd = k.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 8 });
        const watch = l.watch(fd, {
          onReady() {
            const accepted = k.accept(fd);
            k.send(accepted, Buffer.from('hello'), 0, 5);
            k.close(accepted);
            watch.close();
            k.close(fd);
            console.log('served');
          },
        });
        return k.localAddress(fd).port;
      }
      const port = start();
      // Nothing here refers to the loop any more.
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        gc();
      }
      console.log(port);
      `,
      { flags: ['--expose-gc'], onStart: (child) => greetedAt(child.stdout!) },
    );
    assert.equal(errors, '');
    assert.deepEqual([code, lines.slice(1)], [0, ['served']]);
  });

  test('ends when the loop is closed, whatever is watched and set', async () => {
    const { code, lines } = await runScript(`
      const k = await kernel.createKernel();
      const l = new loop.Loop(k);
      l.attach();
      const fd = k.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 8 });
      l.watch(fd, { onReady() {} });
      l.setTimer(3_600_000, () => {});
      setTimeout(() => l.close(), 10);
    `);
    assert.deepEqual({ code, lines }, { code: 0, lines: [] });
  });

  test('hears of an error in a turn as an uncaughtException, and the loop goes on', async () => {
    const { code, lines } = await runScript(`
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const k = await kernel.createKernel();
      const l = new loop.Loop(k);
      l.attach();
      const fail = (what) => { throw new Error(what); };
      l.schedule({ run: () => fail('in a task') });
      l.schedule({ run: () => console.log('the next task') });
      l.schedule({ run: () => { process.nextTick(fail, 'in a nextTick'); } });
      l.schedule({ run: () => { queueMicrotask(() => fail('in a microtask')); } });
      l.schedule({ run: () => { console.log('the last task'); failInTimer(); } });
      function failInTimer() {
        l.setTimer(1, () => fail('in a timer'));
        l.setTimer(1, () => { console.log('the next timer'); failInListener(); });
      }
      function failInListener() {
        const fds = [0, 1].map(() => k.listen({ family: 'inet', host: '127.0.0.1', port: 0 }, { backlog: 8 }));
        for (const fd of fds) k.connect(k.localAddress(fd));
        let reports = 0;
        const watches = fds.map((fd) => l.watch(fd, { onReady() {
          if (++reports === 2) l.schedule({ run: () => { for (const watch of watches) watch.close(); } });
          fail('in a listener');
        } }));
      }
    `);
    assert.equal(code, 0);
    assert.deepEqual(lines, [
      'uncaught in a task',
      'the next task',
      'uncaught in a nextTick',
      'uncaught in a microtask',
      'the last task',
      'uncaught in a timer',
      'the next timer',
      'uncaught in a listener',
      'uncaught in a listener',
    ]);
  });
});

/** Connects to the port that the process prints as its first line. */
function greetedAt(stdout: NodeJS.ReadableStream): void {
  stdout.once('data', (chunk: Buffer) => {
    connect(Number.parseInt(chunk.toString(), 10), '127.0.0.1').on('error', () => {});
  });
}
