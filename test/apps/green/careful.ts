// An app without a hazard, in TypeScript: what it keeps, it keeps in the request.

import { fetchSync } from '../../../src/blocking/index.ts';

interface Answer {
  readonly user: string;
}

export default function answer(request: Request): Response {
  const user: string = new URL(request.url).pathname;
  const found = fetchSync(`http://accounts.example${user}`).json() as Answer;
  return Response.json(found);
}
