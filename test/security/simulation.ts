// A server for one test on the simulated network, for apps of any style: the security tests speak to it in bytes, and
// time passes when they say so.

import type { App } from '../../src/app/index.ts';
import { defaultSettings, type Settings } from '../../src/config/index.ts';
import type { Address } from '../../src/kernel/index.ts';
import { createSimKernel, type SimClient, type SimKernel } from '../../src/kernel/sim/index.ts';
import { Loop } from '../../src/loop/index.ts';
import { SocketListener } from '../../src/net/index.ts';
import { Server } from '../../src/server/index.ts';

const HERE: Address = { family: 'inet', host: '127.0.0.1', port: 8000 };

/** A client's end of a connection, and what came out of it. */
export class Client {
  readonly sim: SimClient;
  received = '';
  ending: 'fin' | 'reset' | undefined;

  constructor(kernel: SimKernel, from: string) {
    this.sim = kernel.client(HERE, {
      from: { family: 'inet', host: from, port: 50_000 },
      onData: (_, bytes) => {
        this.received += Buffer.from(bytes).toString('latin1');
      },
      onEnd: () => {
        this.ending ??= 'fin';
      },
      onError: () => {
        this.ending ??= 'reset';
      },
    });
  }

  /** Text goes as latin1: a character is an octet. */
  send(data: string | Uint8Array): this {
    this.sim.send(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }
}

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export class Simulation {
  readonly kernel = createSimKernel();
  readonly loop = new Loop(this.kernel);
  readonly server: Server;
  readonly log: Line[] = [];

  constructor(app: App, settings: Partial<Settings> = {}) {
    const at = (level: string) => (fields: object, message: string) => {
      this.log.push({ level, fields: fields as Record<string, unknown>, message });
    };
    const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    const complete = { ...defaultSettings(), ...settings };
    const listener = SocketListener.open(this.loop, HERE, { backlog: complete.backlog });
    this.server = new Server({ loop: this.loop, app, settings: complete, log }, [listener]);
  }

  /** A connection, established, from an address that is no trusted proxy's unless the test says so. */
  async connect(from = '192.0.2.9'): Promise<Client> {
    const client = new Client(this.kernel, from);
    await this.pass(20);
    return client;
  }

  /** Lets so many virtual milliseconds pass, and everything happen that happens in them. */
  pass(milliseconds: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // From a macrotask, so that promises run within.
    setImmediate(() => {
      this.loop.setTimer(milliseconds, () => this.loop.stop());
      try {
        this.loop.run();
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    });
    return promise;
  }
}
