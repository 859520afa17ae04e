// The tutorial of green code: its app is served in several ways by its own script, and answers ab. (threads have tests of their
// own: fifty of them take seconds to start.)

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { withTool, withTools } from '../clients/tools.ts';
import { freePorts } from '../free-ports.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../examples/green/run.ts', import.meta.url));
const REQUESTS = 9;

/** What ab says of the app, served in this way. */
async function ask(
  way: string,
  delay: string,
): Promise<{ readonly failed: number; readonly seconds: number }> {
  const load = ['--requests', String(REQUESTS), '--clients', '4', '--delay', delay];
  const { stdout } = await run(
    process.execPath,
    [SCRIPT, way, '--port', String(await freePorts(3)), ...load],
    {
      env: BARE_ENVIRONMENT,
    },
  );
  const read = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1]);
  assert.equal(read(/^Complete requests:\s+(\d+)$/m), REQUESTS, stdout);
  assert.doesNotMatch(stdout, /Non-2xx/);
  return { failed: read(/^Failed requests:\s+(\d+)$/m), seconds: read(/^Time taken for tests:\s+([\d.]+)/m) };
}

describe('the tutorial’s app', () => {
  for (const way of ['green', 'nginx'] as const) {
    const name = `answers, served ${way}: nine waits of a quarter of a second by four clients take less than all in a row`;
    withTools(way === 'nginx' ? ['ab', 'nginx'] : ['ab'], name, async () => {
      const { failed, seconds } = await ask(way, '0.25');
      assert.equal(failed, 0);
      assert.ok(seconds < 0.25 * REQUESTS, `${seconds} s`);
    });
  }

  withTool('ab', 'answers, served plain, one after the other', async () => {
    const { failed, seconds } = await ask('plain', '0.05');
    assert.equal(failed, 0);
    assert.ok(seconds >= 0.05 * REQUESTS, `${seconds} s`);
  });

  withTools(['ab', 'postgres'], 'answers with half of its waiting in PostgreSQL', async () => {
    const { failed, seconds } = await ask('postgres', '0.25');
    assert.equal(failed, 0);
    assert.ok(seconds < 0.25 * REQUESTS, `${seconds} s`);
  });
});
