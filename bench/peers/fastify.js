// Fastify answering the benchmark's paths: node bench/peers/fastify.js PORT
// JavaScript, since its types are on disk only after `--install`.

import { Readable } from 'node:stream';
import fastify from 'fastify';
import { HELLO, LARGE, PIECE, PIECES, receipt } from '../apps/bodies.ts';
import { memory } from '../apps/probe.ts';

const TEXT = 'text/plain;charset=UTF-8';
const app = fastify({ keepAliveTimeout: 75_000 });

app.get('/', (_request, reply) => reply.type(TEXT).send(HELLO));
app.post('/json', (request, reply) => reply.send(receipt(request.body)));
app.get('/large', (_request, reply) => reply.type(TEXT).send(LARGE));
app.get('/stream', (_request, reply) => reply.type('application/octet-stream').send(Readable.from(pieces())));
app.get('/memory', (_request, reply) => reply.send(memory()));

function* pieces() {
  for (let i = 0; i < PIECES; i++) yield PIECE;
}

await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
