// The control socket where it can't be; in simulation.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Arbiter } from '../../src/arbiter/arbiter.ts';
import { Control } from '../../src/arbiter/control.ts';
import type { Logger } from '../../src/log/index.ts';
import { scope, sleep } from '../../src/task/index.ts';
import { simulate } from '../task/simulate.ts';

const FACTS = { version: '1.2.3', uptime: () => 0, addresses: () => [] };

describe('a control socket', () => {
  test('that can not be where it was asked for, or would be by itself, is one line of the log', async () => {
    const said: string[] = [];
    const say = (level: string) => (_fields: object, message: string) =>
      void said.push(`${level}: ${message}`);
    const log: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    await simulate(function* () {
      yield* scope(function* (tasks) {
        const open = (path: string, asked: boolean): void =>
          new Control({} as Arbiter, FACTS, log).open(tasks, path, asked);
        open('/run/app.sock', true);
        yield* sleep(10);
        open('/run/app.sock', true);
        open(`/${'x'.repeat(200)}`, true);
        open(`/${'x'.repeat(200)}`, false);
        yield* sleep(10);
        assert.deepEqual(
          said.map((line) => line.slice(0, 90)),
          [
            'warn: siskin ctl will not reach this arbiter: listen unix:/run/app.sock: address already i',
            "warn: siskin ctl will not reach this arbiter: a unix socket's path has 1 to 107 bytes, non",
            "debug: siskin ctl will not reach this arbiter: a unix socket's path has 1 to 107 bytes, no",
          ],
        );
        tasks.cancel();
      });
    });
  });
});
