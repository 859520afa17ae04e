// The helper thread, where it is not as it should be.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Helper, startThread, type Task } from '../../src/blocking/helper.ts';
import { fetchLimits } from '../../src/blocking/limits.ts';
import { prepare } from '../../src/blocking/request.ts';

const TASK: Task = { request: prepare('http://127.0.0.1:1/'), limits: fetchLimits() };

describe('a helper thread', () => {
  it('that is dead is given up, and keeps nobody waiting for ever', () => {
    const helper = new Helper(startThread(new URL('data:text/javascript,')), 1);
    assert.equal(helper.perform(TASK), undefined);
    helper.end();
  });

  it('that fails to start is given up as well', () => {
    const helper = new Helper(startThread(new URL('data:text/javascript,throw new Error()')), 1);
    assert.equal(helper.perform(TASK), undefined);
    helper.end();
  });

  it('that works for long is waited for, as it gives signs of life', () => {
    const script = `
      import { workerData } from 'node:worker_threads';
      const { port, memory } = workerData;
      const words = new Int32Array(memory);
      port.on('message', ({ request }) => {
        let beats = 0;
        const beating = setInterval(() => {
          // Each ends one look of the thread that waits, as if its time were over.
          Atomics.add(words, 1, 1);
          Atomics.notify(words, 0);
          if (++beats < 60) return;
          clearInterval(beating);
          port.postMessage({ code: 'ETEST', message: request.method, url: '' });
          Atomics.store(words, 0, 1);
          Atomics.notify(words, 0);
          port.close();
        }, 1);
      });
    `;
    const helper = new Helper(startThread(new URL(`data:text/javascript,${encodeURIComponent(script)}`)));
    assert.deepEqual(helper.perform(TASK), { code: 'ETEST', message: 'GET', url: '' });
    helper.end();
  });
});
