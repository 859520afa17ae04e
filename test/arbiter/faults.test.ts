// What goes wrong around workers, with real processes: each is said, and the rest goes on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { BARE_ENVIRONMENT } from '../bare-environment.ts';
import { withSiskin } from '../cli/child.ts';
import { MAIN } from '../cli/program.ts';
import { temporaryFolder } from '../folder.ts';
import { freePorts, untilListening } from '../free-ports.ts';
import { ask, logged } from './service.ts';

const { directory, write } = temporaryFolder('faults');

const TIMEOUT = { timeout: 60_000 };
const FLAGS = ['--log-level', 'debug'];
const onLinux = process.platform === 'linux' ? describe : describe.skip;

const CHATTY = write(
  'chatty.mjs',
  'export default () => { console.log("one"); console.error("two"); return new Response("x"); };',
);
const APP = write('app.mjs', 'export default () => new Response(String(process.pid));');

onLinux('a line of the log', () => {
  test('names each of its fields once, also where it is about a worker', TIMEOUT, async () => {
    await withSiskin([APP, '--bind', '127.0.0.1:0', ...FLAGS], { cwd: directory }, async (child) => {
      await logged(child, /worker \d+ serves/);
      const [, pid] = /worker (\d+) serves/.exec(child.stdout)!;
      process.kill(Number(pid), 'SIGKILL');
      await logged(child, /was killed/);
      const lines = `${child.stdout}${child.stderr}`.split('\n').filter((line) => line.startsWith('{'));
      for (const line of lines) {
        const again = JSON.stringify(JSON.parse(line));
        assert.equal(line, again);
      }
      assert.ok(lines.some((line) => line.includes(`"workerPid":${pid}`)));
    });
  });
});

onLinux('an app', () => {
  test('that exits while it loads is not started again, and the status is not 0', TIMEOUT, async () => {
    await withSiskin(
      [write('exits.mjs', 'process.exit(0);'), ...FLAGS],
      { cwd: directory },
      async (child) => {
        assert.deepEqual(await child.exit, [3, null]);
        assert.match(child.stderr, /nothing is served: the worker ended with status 0/);
      },
    );
  });

  test(
    'that writes where its worker speaks to the arbiter is replaced, and the log says why',
    TIMEOUT,
    async () => {
      const app = write(
        'writes.mjs',
        `import { writeSync } from 'node:fs';
      export default (request) => {
        const text = new URL(request.url).searchParams.get('text');
        if (text !== null) writeSync(3, text);
        return new Response('here');
      };`,
      );
      await withSiskin([app, '--bind', '127.0.0.1:0', ...FLAGS], { cwd: directory }, async (child) => {
        const url = await child.url();
        for (const text of ['hello', '{"type":"hello"}', 'null']) {
          await ask(`${url}/?text=${encodeURIComponent(text)}`).catch(() => {});
          await logged(child, /worker \d+ wrote .* to descriptor 3.*another takes its place/);
          // The log itself is JSON, too.
          const said = JSON.stringify(`wrote ${JSON.stringify(text)} to descriptor 3`).slice(1, -1);
          assert.ok(child.stderr.includes(said), child.stderr);
          child.stderr = '';
        }
        assert.equal((await ask(url)).body, 'here');
      });
    },
  );

  test('has megabytes of arguments, if it is given them', TIMEOUT, async () => {
    const app = write(
      'arguments.mjs',
      'export default () => new Response(String(process.argv.join().length));',
    );
    const rest = Array.from({ length: 11 }, () => 'x'.repeat(100_000));
    const args = [app, '--bind', '127.0.0.1:0', ...FLAGS, '--', ...rest];
    await withSiskin(args, { cwd: directory }, async (child) => {
      assert.ok(Number((await ask(await child.url())).body) > 1_100_000);
    });
  });

  test(
    'whose environment is larger than the system takes is not started, and the log says why',
    TIMEOUT,
    async () => {
      const file = join(directory, 'large.env');
      writeFileSync(file, `LARGE=${'x'.repeat(200_000)}`);
      const args = [APP, '--bind', '127.0.0.1:0', '--env-file', file, ...FLAGS];
      await withSiskin(args, { cwd: directory }, async (child) => {
        assert.deepEqual(await child.exit, [3, null]);
        assert.match(child.stderr, /nothing is served: the worker could not be started: .*\(E2BIG\)/);
      });
    },
  );

  test('is not served at a descriptor that does not listen', TIMEOUT, async () => {
    // Standard input is a socket here, and a connected one.
    await withSiskin([APP, '--bind', 'fd://0', ...FLAGS], { cwd: directory }, async (child) => {
      assert.deepEqual(await child.exit, [1, null]);
      assert.match(child.stderr, /fd:\/\/0: invalid argument \(EINVAL\)/);
      assert.match(child.stderr, /Asked for by/);
      assert.match(child.stderr, /must be a socket that listens already/);
    });
  });

  test('that does not end when it is told to is killed at the graceful timeout', TIMEOUT, async () => {
    const app = write(
      'stays.mjs',
      `process.on('SIGTERM', () => {});
      export default () => new Response('here');`,
    );
    const args = [app, '--bind', '127.0.0.1:0', '--graceful-timeout', '100ms', ...FLAGS];
    await withSiskin(args, { cwd: directory }, async (child) => {
      assert.equal((await ask(await child.url())).body, 'here');
      child.process.kill('SIGTERM');
      assert.deepEqual(await child.exit, [0, null]);
    });
  });
});

const LOOPS = write(
  'loops.mjs',
  `import { writeSync } from 'node:fs';
  export default (request) => {
    if (new URL(request.url).pathname === '/loop') for (writeSync(1, 'it loops\\n'); ; ) Math.random();
    return new Response(String(process.pid));
  };`,
);

onLinux('a worker that hangs', () => {
  test(
    'keeps nobody waiting longer than it takes to notice, those in its queue included',
    TIMEOUT,
    async () => {
      const args = [LOOPS, '-w', '2', '--bind', '127.0.0.1:0', ...FLAGS];
      await withSiskin(args, { cwd: directory }, async (child) => {
        const url = await child.url();
        await logged(child, /worker \d+ serves/, 2);
        const hanging = ask(`${url}/loop`).catch(() => {});
        await logged(child, /it loops/);
        const start = performance.now();
        const answers = await Promise.all(Array.from({ length: 60 }, () => ask(url)));
        const waited = performance.now() - start;
        assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
        // The warning comes after a second; the machine that tests run on may be slow.
        assert.ok(waited < 3000, `${waited} ms`);
        child.process.kill('SIGQUIT');
        await hanging;
      });
    },
  );
});

onLinux('a log that can not be written', () => {
  test('stops nobody', TIMEOUT, async () => {
    const args = [APP, '--access-log-file', '/dev/full', '--bind', '127.0.0.1:0'];
    await withSiskin(args, { cwd: directory }, async (child) => {
      const url = await child.url();
      for (let i = 0; i < 3; i++) assert.equal((await ask(url)).status, 200);
      assert.equal(child.stderr.match(/lines are lost: ENOSPC/g)?.length, 1);
    });
  });

  for (const way of ['', '--no-arbiter']) {
    test(
      `stops nobody where it is the standard output, on a full disk: ${way || 'an arbiter'}`,
      TIMEOUT,
      async () => {
        const port = await freePorts();
        const command = `exec "${process.execPath}" "${MAIN}" serve ${CHATTY} --bind ${port} --access-log ${way} > /dev/full 2>&1`;
        const child = spawn('sh', ['-c', command], {
          cwd: directory,
          env: BARE_ENVIRONMENT,
          stdio: 'ignore',
        });
        const ended = once(child, 'exit');
        try {
          await untilListening(port, ended);
          for (let i = 0; i < 3; i++) assert.equal((await ask(`http://127.0.0.1:${port}/`)).status, 200);
          child.kill('SIGTERM');
          assert.deepEqual(await ended, [0, null]);
        } finally {
          child.kill('SIGQUIT');
        }
      },
    );
  }
});

onLinux('descriptors that run out', () => {
  test('keep workers from being started, and those that are there go on', TIMEOUT, async () => {
    // Three for each worker; Node itself has some twenty.
    const command = `ulimit -n 38; exec "${process.execPath}" "${MAIN}" serve ${APP} --bind 127.0.0.1:0 -w 8 ${FLAGS.join(' ')}`;
    const child = spawn('sh', ['-c', command], { cwd: directory, env: BARE_ENVIRONMENT });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      }
    };
    const [, url] = await said(/listening on (http:[^\s,]+)/);
    await said(/a worker could not be started: .*EMFILE.*the next try is in/);
    assert.match((await ask(url!)).body, /^\d+$/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.doesNotMatch(output, /Unhandled/);
  });
});

onLinux('a unix socket', () => {
  test('that a crash has left is taken over by the next start', TIMEOUT, async () => {
    const path = join(directory, 'app.sock');
    const args = [APP, '--bind', `unix:${path}`, ...FLAGS];
    await withSiskin(args, { cwd: directory }, async (child) => {
      await logged(child, /listening on/);
      child.process.kill('SIGKILL');
      await child.exit;
    });
    assert.ok(existsSync(path), 'nobody has cleaned up');
    await withSiskin(args, { cwd: directory }, async (child) => {
      await logged(child, /listening on/);
      assert.match(await askUnix(path), /^\d+$/);
    });
  });
});

function askUnix(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/' }, (response) => resolve(text(response))).on('error', reject);
  });
}
