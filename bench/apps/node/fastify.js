// Fastify, as its documentation begins, without its log.

import fastify from 'fastify';

const app = fastify();
app.get('/', (_request, reply) => {
  reply.type('text/plain;charset=UTF-8').send('Hello, World!');
});
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
