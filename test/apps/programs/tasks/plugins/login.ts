import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    user: string | undefined;
  }
  interface FastifyInstance {
    mustBeLoggedIn(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  }
}

const BODY = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: { name: { type: 'string', minLength: 1, maxLength: 50 } },
};

/** A name in a signed cookie. */
export async function login(app: FastifyInstance): Promise<void> {
  app.decorateRequest('user', undefined);
  app.addHook('onRequest', async (request) => {
    const cookie = request.cookies['user'];
    if (cookie === undefined) return;
    const { valid, value } = request.unsignCookie(cookie);
    if (valid) request.user = value;
  });
  app.decorate('mustBeLoggedIn', async (request, reply) => {
    if (request.user === undefined) await reply.code(401).send({ error: 'Log in first: POST /login.' });
  });

  app.post<{ Body: { name: string } }>('/login', { schema: { body: BODY } }, async (request, reply) => {
    reply.setCookie('user', request.body.name, { signed: true, httpOnly: true, path: '/', sameSite: 'lax' });
    return { hello: request.body.name };
  });
  app.post('/logout', async (_request, reply) => {
    reply.clearCookie('user', { path: '/' });
    return reply.code(204).send();
  });
}
