// A slow API: GET /?delay=1 answers after a second. What the apps beside this file wait for.
//
//   npx siskin serve examples/green/slow-api.js --bind 127.0.0.1:4000

import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST = 60;

export default {
  async fetch(request) {
    const delay = Number(new URL(request.url).searchParams.get('delay') ?? 1);
    if (!(delay >= 0 && delay <= LONGEST))
      return new Response(`delay: seconds from 0 to ${LONGEST}\n`, { status: 400 });
    await sleep(delay * 1000);
    return Response.json({ delay });
  },
};
