// Server-side rendering with React Router's Express adapter: routes with loaders and actions, streamed HTML, cookies,
// redirects and errors. What its build makes of a project is written by hand, so that no build is needed.

import { PassThrough } from 'node:stream';
import { createRequestHandler } from '@react-router/express';
import { createReadableStreamFromReadable } from '@react-router/node';
import express from 'express';
import { createElement as h, Suspense } from 'react';
import { renderToPipeableStream } from 'react-dom/server';
import {
  Await,
  createCookie,
  data,
  Form,
  Link,
  Outlet,
  redirect,
  ServerRouter,
  useActionData,
  useLoaderData,
  useRouteError,
} from 'react-router';

const theme = createCookie('theme', { secrets: ['a secret'], path: '/' });

function Failure() {
  const error = useRouteError();
  return h(
    'html',
    null,
    h('body', null, h('h1', null, `Failed: ${error.status ?? 500} ${error.data ?? error.message}`)),
  );
}
function Home() {
  const { url, theme } = useLoaderData();
  return h(
    'main',
    null,
    h('h1', null, 'Birds & co'),
    h('p', null, `${url} ${theme}`),
    h(Link, { to: '/birds/siskin' }, 'Siskin'),
  );
}
function Bird() {
  const { name, song } = useLoaderData();
  const action = useActionData();
  return h(
    'main',
    null,
    h('h1', null, name),
    action ? h('em', null, action.error) : null,
    h(Form, { method: 'post' }, h('input', { name: 'name' })),
    h(
      Suspense,
      { fallback: h('p', null, 'listening') },
      h(Await, { resolve: song }, (text) => h('p', null, text)),
    ),
  );
}

const root = {
  default: () =>
    h('html', { lang: 'en' }, h('head', null, h('title', null, 'Birds')), h('body', null, h(Outlet))),
  ErrorBoundary: Failure,
};
const home = {
  default: Home,
  loader: async ({ request }) => ({
    url: request.url,
    theme: await theme.parse(request.headers.get('cookie')),
  }),
  headers: () => ({ 'X-Page': 'home', 'Cache-Control': 'max-age=60' }),
};
const bird = {
  default: Bird,
  async loader({ params }) {
    if (params.name === 'dodo') throw data('extinct', { status: 410 });
    if (params.name === 'phoenix') throw new Error('burnt');
    if (params.name === 'swallow') throw redirect('/birds/swift', 302);
    return {
      name: params.name,
      song: new Promise((resolve) => setImmediate(resolve, `${params.name} sings`)),
    };
  },
  async action({ request }) {
    const form = await request.formData();
    if (form.get('name') === '') return data({ error: 'a name, please' }, { status: 422 });
    return redirect(`/birds/${form.get('name')}`, {
      headers: { 'Set-Cookie': await theme.serialize('dark') },
    });
  },
};
const feed = {
  loader: () =>
    new Response('<rss/>', {
      status: 203,
      headers: { 'Content-Type': 'application/rss+xml', 'X-Resource': 'yes' },
    }),
};

const route = (id, path, module, rest = {}) => ({ id, parentId: 'root', path, module, ...rest });
const entry = {
  default: (request, status, headers, context) =>
    new Promise((resolve, reject) => {
      const { pipe } = renderToPipeableStream(
        h(ServerRouter, { context, url: request.url, nonce: 'fixed' }),
        {
          onShellReady() {
            const body = new PassThrough();
            headers.set('Content-Type', 'text/html');
            resolve(new Response(createReadableStreamFromReadable(body), { status, headers }));
            pipe(body);
          },
          onShellError: reject,
          onError() {},
        },
      );
    }),
  handleError() {},
};
const routes = {
  root: { id: 'root', path: '', module: root },
  home: route('home', undefined, home, { index: true }),
  bird: route('bird', 'birds/:name', bird),
  feed: route('feed', 'feed.xml', feed),
};
const asset = ({ id, parentId, path, index, module }) => ({
  id,
  parentId,
  path,
  index,
  hasLoader: 'loader' in module,
  hasAction: 'action' in module,
  hasErrorBoundary: 'ErrorBoundary' in module,
  hasClientLoader: false,
  hasClientAction: false,
  hasClientMiddleware: false,
  module: `/assets/${id}.js`,
  imports: [],
  css: [],
});
const build = {
  entry: { module: entry },
  routes,
  assets: {
    entry: { module: '/assets/entry.js', imports: [] },
    routes: Object.fromEntries(Object.values(routes).map((one) => [one.id, asset(one)])),
    url: '/assets/manifest.js',
    version: '1',
  },
  basename: '/',
  publicPath: '/',
  assetsBuildDirectory: 'build/client',
  future: {},
  ssr: true,
  isSpaMode: false,
  prerender: [],
  routeDiscovery: { mode: 'initial' },
};

const app = express();
app.disable('x-powered-by');
app.use('/assets', express.static(`${import.meta.dirname}/../public`));
app.use(createRequestHandler({ build, mode: 'production' }));

export const start = () => app.listen(0);
