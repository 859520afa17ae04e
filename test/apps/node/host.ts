// A process that starts apps, each on a port of its own, and tells its parent the ports. `twins.ts` runs it twice: as
// it is, on Node's server, and with `--import siskin/register`. The apps are the same, and know of neither. It also tells
// how many of them Siskin serves, so that nobody compares Node with itself.

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the modules in `apps` export. */
interface AppModule {
  /** Does what a program of that framework does at its end: listens, here on port 0. */
  start(): Server | Promise<Server>;
}

const ports: Record<string, number> = {};
let engines = 0;
for (const name of process.argv.slice(2)) {
  const { start } = (await import(new URL(`./apps/${name}`, import.meta.url).href)) as AppModule;
  const server = await start();
  if (!server.listening) await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
  if (Object.getOwnPropertySymbols(server).some(({ description }) => description === 'siskin.engine'))
    engines++;
}

// The parent is gone, or done with us.
process.on('disconnect', () => process.exit());
process.send!({ ports, engines });
