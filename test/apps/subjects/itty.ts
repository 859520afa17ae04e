// An itty-router app: automatic JSON, parameters, cors, errors.

import {
  AutoRouter,
  cors,
  error,
  html,
  json,
  StatusError,
  status,
  text,
  withContent,
  withCookies,
} from 'itty-router';

const { preflight, corsify } = cors({ origin: 'https://friend.example', credentials: true });

interface Found {
  readonly params: Record<string, string>;
  readonly query: Record<string, string | string[] | undefined>;
  readonly content: unknown;
  readonly cookies: Record<string, string>;
}

const router = AutoRouter({ before: [preflight] });

router
  .get('/', () => 'home')
  .get('/users/:id', ({ params, query }: Found) => ({ id: params['id'], query }))
  .get('/files/:path+', ({ params }: Found) => text(params['path']))
  .post('/content', withContent, ({ content }: Found) => json({ content }))
  .get('/cookies', withCookies, ({ cookies }: Found) => cookies)
  .get('/html', () => html('<p>html</p>'))
  .get('/status', () => status(204))
  .get('/denied', () => error(403, { why: 'because' }))
  .get('/thrown', () => {
    throw new StatusError(409, 'a conflict');
  })
  .get('/error', () => {
    throw new Error('the details');
  })
  .get('/shared', (request: Request) => corsify(json({ shared: true }), request))
  .all('/method', (request: Request) => text(request.method));

export default router;
