// An app without a hazard, in TypeScript: what it keeps, it keeps in the request.

import { execFileSync } from 'node:child_process';

interface Answer {
  readonly user: string;
}

export default function answer(request: Request): Response {
  const user: string = new URL(request.url).pathname;
  const found = JSON.parse(execFileSync('curl', [`http://accounts.example${user}`], { encoding: 'utf8' }));
  return Response.json(found satisfies Answer);
}
