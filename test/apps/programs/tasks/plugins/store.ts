import type { FastifyInstance } from 'fastify';

export interface Task {
  readonly id: number;
  title: string;
  done: boolean;
  readonly by: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly tasks: Map<number, Task>;
  }
}

/** The tasks, for as long as the process lives. */
export async function store(app: FastifyInstance): Promise<void> {
  app.decorate('tasks', new Map<number, Task>());
}
