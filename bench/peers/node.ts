// `node:http` answering the benchmark's paths, written as its users would: node bench/peers/node.ts PORT

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HELLO, LARGE, type Order, PIECE, PIECES, receipt } from '../apps/bodies.ts';
import { compute, memory, toggleTimer } from '../apps/probe.ts';

const TEXT = 'text/plain;charset=UTF-8';
const PAGE_256K = LARGE.repeat(4);

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
  '/': (_request, response) => whole(response, TEXT, HELLO),
  '/json': readOrder,
  '/large': (_request, response) => whole(response, TEXT, LARGE),
  '/stream': stream,
  '/compute': (_request, response) => {
    compute(200);
    whole(response, TEXT, HELLO);
  },
  '/later': (_request, response) => setTimeout(() => whole(response, TEXT, HELLO), 20),
  '/sink': countBytes,
  '/page': (_request, response) => whole(response, TEXT, PAGE_256K),
  '/memory': (_request, response) => whole(response, 'application/json', JSON.stringify(memory())),
  '/timer': (_request, response) => whole(response, 'application/json', JSON.stringify(toggleTimer())),
};

function whole(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function readOrder(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const order = JSON.parse(Buffer.concat(parts).toString()) as Order;
    whole(response, 'application/json', JSON.stringify(receipt(order)));
  });
}

function countBytes(request: IncomingMessage, response: ServerResponse): void {
  let count = 0;
  request.on('data', (part: Buffer) => {
    count += part.length;
  });
  request.on('end', () => whole(response, TEXT, String(count)));
}

async function stream(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
  for (let i = 0; i < PIECES; i++) if (!response.write(PIECE)) await once(response, 'drain');
  response.end();
}

const server = createServer((request, response) => {
  const route = routes[request.url!];
  if (route !== undefined) route(request, response);
  else response.writeHead(404).end();
});
server.keepAliveTimeout = 75_000; // the default of 5 s would close the idle connections that are to be measured
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
process.once('SIGTERM', () => server.close());
