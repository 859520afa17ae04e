import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance } from 'fastify';
import { login } from './plugins/login.ts';
import { store } from './plugins/store.ts';
import { taskRoutes } from './routes/tasks.ts';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: 50_000 });
  await app.register(cookie, { secret: process.env['SECRET'] ?? 'only for development' });
  await store(app);
  await login(app);
  await app.register(taskRoutes, { prefix: '/tasks' });

  app.get('/', async () => ({ service: 'tasks', links: { tasks: '/tasks', login: '/login' } }));
  app.get('/health', async () => ({ ok: true }));
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send({ error: `There is no ${request.method} ${request.url}.` });
  });
  return app;
}
