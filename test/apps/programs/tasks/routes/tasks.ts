import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Task } from '../plugins/store.ts';

const NEW_TASK = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: { title: { type: 'string', minLength: 1, maxLength: 200 } },
};
const CHANGES = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { ...NEW_TASK.properties, done: { type: 'boolean' } },
};
const BY_ID = { type: 'object', properties: { id: { type: 'integer' } } };

export async function taskRoutes(app: FastifyInstance): Promise<void> {
  let lastId = 0;
  app.addHook('preHandler', app.mustBeLoggedIn);

  app.get<{ Querystring: { done?: boolean } }>(
    '/',
    { schema: { querystring: { type: 'object', properties: { done: { type: 'boolean' } } } } },
    async ({ query }) =>
      [...app.tasks.values()].filter(({ done }) => query.done === undefined || done === query.done),
  );

  app.post<{ Body: { title: string } }>('/', { schema: { body: NEW_TASK } }, async (request, reply) => {
    const task: Task = { id: ++lastId, title: request.body.title, done: false, by: request.user! };
    app.tasks.set(task.id, task);
    return reply.code(201).header('location', `/tasks/${task.id}`).send(task);
  });

  app.get<{ Params: { id: number } }>('/:id', { schema: { params: BY_ID } }, async (request, reply) => {
    const task = app.tasks.get(request.params.id);
    return task ?? reply.callNotFound();
  });

  app.patch<{ Params: { id: number }; Body: Partial<Pick<Task, 'title' | 'done'>> }>(
    '/:id',
    { schema: { params: BY_ID, body: CHANGES } },
    async (request, reply) => {
      const task = app.tasks.get(request.params.id);
      return task === undefined ? reply.callNotFound() : Object.assign(task, request.body);
    },
  );

  app.delete<{ Params: { id: number } }>('/:id', { schema: { params: BY_ID } }, async (request, reply) => {
    if (!app.tasks.delete(request.params.id)) return reply.callNotFound();
    return reply.code(204).send();
  });

  app.get('/export.csv', async (_request, reply) => {
    reply.type('text/csv').header('content-disposition', 'attachment; filename="tasks.csv"');
    return reply.send(Readable.from(lines(app.tasks.values())));
  });
}

function* lines(tasks: Iterable<Task>): Generator<string> {
  yield 'id,done,title\n';
  for (const { id, done, title } of tasks) yield `${id},${done},"${title.replaceAll('"', '""')}"\n`;
}
