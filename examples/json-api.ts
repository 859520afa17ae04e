// A small JSON API: routes, validation, and errors that say what to do (RFC 9457). Tasks live in memory.
//   npm run siskin -- serve examples/json-api.ts --access-log
//   curl 127.0.0.1:8000/tasks --json '{"title":"Feed the birds"}'
//   curl 127.0.0.1:8000/tasks/1 -X PATCH --json '{"done":true}'

interface Task {
  readonly id: number;
  readonly title: string;
  readonly done: boolean;
}

type Handler = (request: Request, id: number) => Response | Promise<Response>;

const tasks = new Map<number, Task>();
let lastId = 0;

const ROUTES: readonly (readonly [path: RegExp, handlers: Readonly<Record<string, Handler>>])[] = [
  [/^\/tasks$/, { GET: listTasks, POST: createTask }],
  [/^\/tasks\/(\d{1,9})$/, { GET: showTask, PATCH: changeTask, DELETE: deleteTask }],
];

export default async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    for (const [path, handlers] of ROUTES) {
      const match = path.exec(pathname);
      if (match === null) continue;
      // HEAD is answered as GET: the server leaves the body out.
      const handler = handlers[request.method === 'HEAD' ? 'GET' : request.method];
      if (handler === undefined) {
        const allow = Object.keys(handlers).join(', ');
        throw new ProblemError(405, `${request.method} is not for ${pathname}`, { allow });
      }
      return await handler(request, Number(match[1]));
    }
    throw new ProblemError(404, `there is nothing at ${pathname}`);
  } catch (error) {
    // Anything else is a mistake of ours: the server logs it, and answers 500 without the details.
    if (!(error instanceof ProblemError)) throw error;
    return error.toResponse();
  }
}

function listTasks(request: Request): Response {
  const wanted = new URL(request.url).searchParams.get('done');
  const found = [...tasks.values()].filter(({ done }) => wanted === null || `${done}` === wanted);
  return Response.json({ tasks: found });
}

async function createTask(request: Request): Promise<Response> {
  const { title, done = false } = await readFields(request);
  if (title === undefined) throw new ProblemError(422, 'a task needs a title');
  const task = { id: ++lastId, title, done };
  tasks.set(task.id, task);
  return Response.json(task, { status: 201, headers: { location: `/tasks/${task.id}` } });
}

function showTask(_request: Request, id: number): Response {
  return Response.json(findTask(id));
}

async function changeTask(request: Request, id: number): Promise<Response> {
  const changes = await readFields(request);
  // After the body has come: another request may have deleted it meanwhile.
  const task = { ...findTask(id), ...changes };
  tasks.set(id, task);
  return Response.json(task);
}

function deleteTask(_request: Request, id: number): Response {
  tasks.delete(findTask(id).id);
  return new Response(null, { status: 204 });
}

function findTask(id: number): Task {
  const task = tasks.get(id);
  if (task === undefined) throw new ProblemError(404, `there is no task ${id}`);
  return task;
}

/** What the body says of a task. What is not asked for is refused, so that a slip is noticed. */
async function readFields(request: Request): Promise<{ title?: string; done?: boolean }> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\b/i.test(type)) throw new ProblemError(415, 'send application/json');
  const body: unknown = await request.json().catch((error: unknown) => {
    // A body that is cut short or too large is no SyntaxError, and is the server's to answer.
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProblemError(400, `that is no JSON: ${error.message}`);
  });
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ProblemError(422, 'send an object: {"title":"..."}');
  }
  const { title, done, ...others } = body as Record<string, unknown>;
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new ProblemError(422, `a task has no ${unknown.join(', ')}`);
  if (title !== undefined && (typeof title !== 'string' || title.trim() === '' || title.length > 200)) {
    throw new ProblemError(422, 'the title is a text of 1 to 200 characters');
  }
  if (done !== undefined && typeof done !== 'boolean') throw new ProblemError(422, 'done is true or false');
  return { ...(title !== undefined && { title: title.trim() }), ...(done !== undefined && { done }) };
}

/** An error that the client can do something about. */
class ProblemError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }

  toResponse(): Response {
    const { status, message: detail } = this;
    return new Response(JSON.stringify({ status, detail }), {
      status,
      headers: { ...this.headers, 'content-type': 'application/problem+json' },
    });
  }
}
