// The server inside a program of one's own: it starts it, asks it, and stops it without dropping a request.
//   npx node examples/embed.ts
// In an app of one's own, the import is from 'siskin'.

import { serve } from '../src/index.ts';

const visits = new Map<string, number>();

const server = await serve(
  (request, { remoteAddress }) => {
    const { pathname } = new URL(request.url);
    visits.set(pathname, (visits.get(pathname) ?? 0) + 1);
    return new Response(`${remoteAddress} asks for ${pathname}, the ${visits.get(pathname)}. time\n`);
  },
  {
    // Port 0: any that is free. Every setting of the command line is an option here.
    bind: process.env['PORT'] === undefined ? '127.0.0.1:0' : `127.0.0.1:${process.env['PORT']}`,
    gracefulTimeout: '10s',
    keepAliveGrace: '100ms',
  },
);
console.log(`listening on ${server.url}`);

// An embedded server leaves signals to its program. What is in flight is finished, whoever keeps a connection open is
// told to close it, and then the process has nothing left to wait for.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await server.close();
    console.log(`stopped after ${server.statistics().requests} requests`);
  });
}
