// Files that are piped into responses: a client and a program see what they see on Node, whichever way the bytes take.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import fs, {
  createReadStream,
  openSync,
  type ReadStream,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough, pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createServer } from '../../src/node/index.ts';
import { type Client, lastGet } from './parity.ts';
import {
  alsoWaitFor,
  folder,
  HUGE,
  inTheEnd,
  LARGE,
  MIDDLE,
  make,
  partsHandedOver,
  SIZES,
  SMALL,
  shows,
  watch,
} from './piped-files.ts';

describe('a file that is piped into a response', () => {
  for (const [name, length] of Object.entries(SIZES).slice(0, -1)) {
    const path = join(folder, name);
    const way = length === 0 ? 'read' : 'handed over';
    shows(`arrives with a length (${name})`, way, (_req, res, note) => {
      res.setHeader('Content-Length', length);
      watch(note, createReadStream(path), res).pipe(res);
    });
    shows(`arrives in chunks (${name})`, way, (_req, res, note) => {
      watch(note, createReadStream(path), res).pipe(res);
    });
    shows(`arrives through pipeline (${name})`, way, (_req, res, note) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stream = watch(note, createReadStream(path), res);
      pipeline(stream, res, (error) => {
        note('pipeline', error ?? 'done');
        resolve();
      });
      alsoWaitFor(promise);
    });
  }

  shows(
    'arrives at a client of HTTP/1.0',
    'handed over',
    (_req, res) => void createReadStream(LARGE).pipe(res),
    'GET / HTTP/1.0\r\n\r\n',
  );

  shows('may be a part of one', 'handed over', (_req, res, note) => {
    res.writeHead(206, { 'Content-Length': 700_000, 'Content-Range': 'bytes 300-700299/1000001' });
    watch(note, createReadStream(LARGE, { start: 300, end: 700_299 })).pipe(res);
  });

  shows('may be named by a descriptor, from a position on', 'handed over', (_req, res, note) => {
    const stream = createReadStream('', { fd: openSync(LARGE, 'r'), start: 5, end: 500_004 });
    watch(note, stream, res).pipe(res);
  });

  shows('may be named by a descriptor, from where that is', 'read', (_req, res, note) => {
    const fd = openSync(LARGE, 'r');
    fs.readSync(fd, Buffer.alloc(10));
    watch(note, createReadStream('', { fd }), res).pipe(res);
  });

  shows('may come from a handle', 'read', async (_req, res) => {
    (await open(SMALL)).createReadStream().pipe(res);
  });

  shows('keeps its place behind what was written', 'handed over', (_req, res, note) => {
    res.write('before: ');
    watch(note, createReadStream(LARGE)).pipe(res, { end: false });
    res.on('unpipe', () => res.end(' :after'));
  });

  shows('may be one of two', 'handed over', (_req, res, note) => {
    watch(note, undefined, res);
    res.setHeader('Content-Length', SIZES.large + SIZES.small);
    const first = watch(note, createReadStream(LARGE));
    first.pipe(res, { end: false });
    first.on('end', () => createReadStream(SMALL).pipe(res));
  });

  shows('is not closed where it is not to be', 'handed over', (_req, res, note) => {
    const fd = openSync(SMALL, 'r');
    const stream = createReadStream('', { fd, autoClose: false, start: 0 });
    stream.pipe(res);
    res.on('close', () => {
      note(fs.fstatSync(fd).size);
      fs.closeSync(fd);
    });
  });

  shows(
    'that does not exist is an error of the stream, and the head is still to be had',
    'read',
    (_, res, note) => {
      const stream = watch(note, createReadStream(join(folder, 'missing')));
      stream.on('error', () => res.writeHead(404).end('missing'));
      stream.pipe(res);
    },
  );

  shows('that is a folder is an error of the stream', 'read', (_req, res, note) => {
    const stream = watch(note, createReadStream(folder));
    stream.on('error', () => res.writeHead(500).end('no file'));
    stream.pipe(res);
  });

  shows('of a system that makes them up is read', 'read', (_req, res) => {
    createReadStream('/proc/self/limits').pipe(res);
  });

  shows(
    'has no body for HEAD',
    'read',
    (_req, res, note) => {
      res.setHeader('Content-Length', SIZES.large);
      watch(note, createReadStream(LARGE), res).pipe(res);
    },
    'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );

  shows('sends the headers that others add at the last moment', 'handed over', (_req, res) => {
    const { writeHead } = res;
    res.writeHead = (...given: unknown[]) => {
      res.setHeader('X-Late', 'yes');
      return Reflect.apply(writeHead, res, given) as ServerResponse;
    };
    createReadStream(SMALL).pipe(res);
  });

  shows('keeps the store of its request', 'handed over', (_req, res, note) => {
    const storage = new AsyncLocalStorage<string>();
    storage.run('mine', () => {
      const stream = watch(() => {}, createReadStream(LARGE), res);
      const stores: Record<string, unknown> = {};
      for (const event of ['open', 'end', 'close']) {
        stream.on(event as 'end', () => {
          stores[event] = storage.getStore();
        });
      }
      stream.pipe(res);
      inTheEnd(() => note(stores));
    });
  });

  shows('that ends after less than was promised leaves the client to wait', 'handed over', (req, res) => {
    res.setHeader('Content-Length', SIZES.small);
    createReadStream(SMALL, { end: 499 }).pipe(res, { end: false });
    // Node leaves the connection open; that it ends is the test's.
    res.on('unpipe', () => void turns(2).then(() => req.socket.destroy()));
  });
});

describe('a file whose bytes somebody else sees', () => {
  shows('is read: who listens for data', 'read', (_req, res, note) => {
    let seen = 0;
    const stream = createReadStream(LARGE).on('data', (chunk) => (seen += chunk.length));
    stream.on('end', () => note(seen));
    stream.pipe(res);
  });

  shows('is read: another destination', 'read', (_req, res, note) => {
    const stream = createReadStream(LARGE);
    let seen = 0;
    stream.pipe(new PassThrough()).on('data', (chunk) => (seen += chunk.length));
    stream.on('end', () => void turns(1).then(() => note(seen)));
    stream.pipe(res);
  });

  shows('is read: a stream in between', 'read', (_req, res) => {
    createReadStream(LARGE).pipe(new PassThrough()).pipe(res);
  });

  shows('is read: a middleware that has put itself before write', 'read', (_req, res, note) => {
    const { write } = res;
    let seen = 0;
    res.write = ((chunk: Buffer, ...rest: unknown[]) => {
      seen += chunk.length;
      return Reflect.apply(write, res, [chunk, ...rest]) as boolean;
    }) as typeof res.write;
    res.on('finish', () => note(seen));
    createReadStream(LARGE).pipe(res);
  });

  shows('is read: an encoding', 'read', (_req, res) => {
    createReadStream(SMALL, { encoding: 'hex' }).pipe(res);
  });

  shows('is read: another file system', 'read', (_req, res) => {
    Reflect.apply(createReadStream, fs, [SMALL, { fs: { ...fs } }]).pipe(res);
  });

  shows('is read: a class that reads in its own way', 'read', (_req, res) => {
    class Loud extends fs.ReadStream {
      override push(chunk: Buffer | null): boolean {
        return super.push(chunk === null ? null : Buffer.from(chunk.toString().toUpperCase()));
      }
    }
    (Reflect.construct(Loud, [SMALL]) as ReadStream).pipe(res);
  });

  shows('is read from where somebody has begun to', 'read', (_req, res, note) => {
    const stream = createReadStream(LARGE, { end: 999 });
    stream.once('readable', () => {
      note(String(stream.read(10)));
      stream.pipe(res);
    });
  });

  shows('is read from where it was when somebody began to listen', 'handed over', (_req, res, note) => {
    const stream = createReadStream(LARGE);
    const listen = (): void => {
      if (stream.bytesRead === 0) setImmediate(listen);
      else stream.on('data', () => {});
    };
    res.once('pipe', listen);
    stream.on('end', () => note(stream.bytesRead));
    stream.pipe(res);
  });
});

describe('a file that is stopped on its way', () => {
  shows('by pausing and resuming its stream arrives whole', 'handed over', (_req, res, note) => {
    const stream = createReadStream(LARGE);
    stream.on('ready', () => {
      stream.pause();
      setTimeout(() => stream.resume(), 5);
    });
    stream.on('end', () => note(stream.bytesRead));
    stream.pipe(res);
  });

  shows('by taking it off and putting it back arrives whole', 'handed over', (_req, res) => {
    const stream = createReadStream(LARGE);
    stream.pipe(res);
    stream.on('ready', () => {
      stream.unpipe(res);
      setTimeout(() => stream.pipe(res), 5);
    });
  });

  const stops: Record<string, (stream: ReadStream, res: ServerResponse, client: () => Client) => void> = {
    'by its client, who leaves': (_stream, _res, client) => void client().socket.resetAndDestroy(),
    'by destroying its response': (_stream, res) => void res.destroy(),
    'by destroying its connection': (_stream, res) => void res.socket!.destroy(),
    'by destroying its stream': (stream) => void stream.destroy(),
    'by an error of its stream': (stream) => void stream.destroy(new Error('of the app')),
  };
  for (const [how, stop] of Object.entries(stops)) {
    for (const framed of ['with a length', 'in chunks']) {
      let client: Client;
      shows(
        `${how}, is closed (${framed})`,
        'handed over',
        (_req, res, note) => {
          if (framed === 'with a length') res.setHeader('Content-Length', SIZES.huge);
          const stream = watch(note, createReadStream(HUGE), res);
          // As those do that serve files.
          res.on('close', () => stream.destroy());
          stream.on('close', () => res.destroy());
          stream.on('error', () => {});
          stream.on('ready', () => void turns(50).then(() => stop(stream, res, () => client)));
          stream.pipe(res);
        },
        async (given) => {
          client = given;
          client.socket.pause();
          client.send(lastGet());
          while (descriptorsOf(HUGE) === 0) await turns(1);
          while (descriptorsOf(HUGE) > 0) await turns(1);
          client.socket.destroy();
          client.raw = '';
        },
      );
    }
  }

  shows(
    'by pipeline, whose client leaves, is closed',
    'handed over',
    (_req, res, note) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stream = watch(note, createReadStream(HUGE), res);
      pipeline(stream, res, (error) => {
        note('pipeline', (error as NodeJS.ErrnoException).code);
        resolve();
      });
      alsoWaitFor(promise);
    },
    async (client) => {
      client.socket.pause();
      client.send(lastGet());
      while (descriptorsOf(HUGE) === 0) await turns(1);
      await turns(50);
      client.socket.resetAndDestroy();
      while (descriptorsOf(HUGE) > 0) await turns(1);
      client.raw = '';
    },
  );
});

describe('files on their way', () => {
  /** A server, and what its clients get of `path`: as many as `count`, all at once. */
  async function ask(path: string, count: number, listen: RequestListener): Promise<Buffer[]> {
    const server = createServer(listen).listen(0);
    const { port } = server.address() as AddressInfo;
    try {
      return await Promise.all(
        Array.from({ length: count }, async () => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => {});
          socket.write(lastGet(path));
          return buffer(socket);
        }),
      );
    } finally {
      server.close();
    }
  }

  test('are not mixed up where there are many', { timeout: 20_000 }, async () => {
    const paths = [SMALL, LARGE, MIDDLE];
    const contents = paths.map((path) => readFileSync(path));
    let next = 0;
    const answers = await ask('/', 60, (_req, res) => {
      const which = next++ % 3;
      res.writeHead(200, { 'Content-Length': contents[which]!.length, 'X-Which': which });
      createReadStream(paths[which]!).pipe(res);
    });
    for (const answer of answers) {
      const end = answer.indexOf('\r\n\r\n') + 4;
      const which = Number(/X-Which: (\d)/.exec(answer.toString('latin1', 0, end))![1]);
      assert.ok(answer.subarray(end).equals(contents[which]!), `file ${which} is not what came`);
    }
    assert.ok(partsHandedOver() >= 60);
    for (const path of paths) while (descriptorsOf(path) > 0) await turns(1);
  });

  test('that become shorter cut the answer', { timeout: 20_000 }, async () => {
    const path = make('shrinking', SIZES.huge);
    const [answer] = await ask('/', 1, (_req, res) => {
      res.setHeader('Content-Length', SIZES.huge);
      const stream = createReadStream(path).on('ready', () => truncateSync(path, 300_000));
      stream.pipe(res);
    });
    assert.ok(answer!.length > 0 && answer!.length < SIZES.huge);
    while (descriptorsOf(path) > 0) await turns(1);
  });
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

/** How many descriptors of this process are of `path`. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}
