// A server as its program sees it: events and their order, hang-ups, backpressure, upgrades, tunnels, mistakes,
// options.

import assert from 'node:assert/strict';
import { type Answer, fieldOf } from './answer.ts';
import { get, post } from './ask.ts';
import { twins } from './twins.ts';

const { same, alike } = await twins(['listener.cjs', 'hooks.cjs', 'options.cjs', 'crash.cjs']);
const APP = 'listener.cjs';

// Expectations.

same(
  'hooks.cjs',
  'a program that checks expectations says 100 itself',
  [{ ...post('/upload', 'twelve bytes', { Expect: '100-continue' }), waits: true }, get('/next')],
  [200, 200],
);
same(
  'hooks.cjs',
  'a program that checks expectations refuses',
  {
    ...post('/refuse', 'never sent', { Expect: '100-continue' }),
    waits: true,
  },
  417,
);
same('hooks.cjs', 'a program answers expectations of its own', get('/', { Expect: 'miracles' }), 200);

// Mistakes.

same(APP, 'what Node refuses is refused in the same words', get('/mistakes'), 200);
same(APP, 'headers can’t be changed once they are sent', get('/mistakes/sent'), 200);
same(APP, 'writes behind the end are told', [get('/mistakes/ended'), get('/journal/ended/over')], [200, 200]);
alike(
  APP,
  'a body that breaks a strict length is an error',
  async ({ ask }) => [...(await ask(get('/mistakes/length'))), ...(await ask(get('/journal/strict/over')))],
  (answers: Answer[]) => assert.match(`${answers.at(-1)!.body}`, /ERR_HTTP_CONTENT_LENGTH_MISMATCH/),
);
same(APP, 'a 204 drops its body', [get('/mistakes/body'), get('/journal/bodiless/')], [204, 200]);

// Ends before the end.

for (const path of [
  '/destroy',
  '/destroy/socket',
  '/destroy/half',
  '/destroy/chunked',
  '/destroy/request',
  '/end/socket',
]) {
  same(APP, `GET ${path}`, get(path), () => {}, { ending: 'free' });
}

// Events.

for (const [name, ask] of [
  ['without a body', get('/events', { 'X-Key': 'none' })],
  ['with a body', post('/events', 'body', { 'X-Key': 'body' })],
  ['with a body that nobody reads', post('/events?unread', 'body', { 'X-Key': 'unread' })],
  [
    'with a large body that nobody reads',
    post('/events?unread', 'large '.repeat(9000), { 'X-Key': 'large' }),
  ],
] as const) {
  same(
    APP,
    `a request ${name} and its response tell how they end, each in Node’s order`,
    [ask, get(`/journal/${ask.headers!['X-Key']}/over`)],
    [200, 200],
  );
}
// The last one is listened to before: where nobody listens, Siskin's answer says that it won't wait for so much.
for (const [path, size] of [
  ['/early', 10],
  ['/early', 50_000],
  ['/early?listens', 5_000_000],
] as const) {
  same(
    APP,
    `an app that has answered reads the rest of ${size} bytes`,
    [
      post(path, Buffer.alloc(size), { 'X-Key': `early-${size}` }),
      get(`/journal/early-${size}/read`),
      get('/'),
    ],
    [200, 200, 200],
  );
}
for (const path of ['/events/abort', '/events/abort?streams']) {
  alike(
    APP,
    `an app is told that its client is gone: ${path}`,
    async ({ open, ask }) => {
      const key = `abort${path.length}`;
      const client = await open();
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Key: ${key}\r\n\r\n`);
      await ask(get(`/journal/${key}/handler`));
      client.reset();
      return ask(get(`/journal/${key}/over`));
    },
    ([journal]: Answer[]) => assert.match(`${journal!.body}`, /res close/),
  );
  alike(
    APP,
    `an app is told that its client is gone in the middle of an upload: ${path}`,
    async ({ open, ask }) => {
      const key = `upload${path.length}`;
      const client = await open();
      client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nX-Key: ${key}\r\nContent-Length: 100\r\n\r\nhalf`);
      await ask(get(`/journal/${key}/handler`));
      client.reset();
      return ask(get(`/journal/${key}/over`));
    },
    ([journal]: Answer[]) => assert.match(`${journal!.body}`, /req aborted/),
  );
}
const LEAVING = 'GET /events/abort?streams HTTP/1.1\r\nHost: a\r\nX-Key: left\r\n\r\n';
alike(
  APP,
  'an app hears of a client that has left without a reset',
  async ({ open, ask }) => {
    const client = await open();
    client.send(LEAVING);
    await ask(get('/journal/left/handler'));
    client.end();
    return ask(get('/journal/left/over'));
  },
  ([journal]: Answer[]) => assert.match(`${journal!.body}`, /res close/),
);
alike(
  APP,
  'a connection whose client has left ends, although the app does not end its answer',
  async ({ open }) => {
    const client = await open();
    client.send(LEAVING.replace('left', 'ending'));
    await client.until((text) => text.includes('begun'));
    client.end();
    return client.ended();
  },
  (ending: string) => assert.equal(ending, 'fin'),
);
alike(
  APP,
  'a client is paused by an app that does not read, and goes on when it does',
  async ({ open, ask }) => {
    const client = await open();
    const body = Buffer.alloc(30_000_000, 'upload');
    const answer = client.ask(post('/unhurried', body));
    await ask(get('/journal/unhurried/waits'));
    const unsent = client.unsent > 0;
    await ask(get('/unhurried/go'));
    return [unsent, await answer];
  },
  ([unsent, answer]: [boolean, Answer]) => {
    assert.ok(unsent, 'all of the body has gone somewhere');
    assert.equal(`${answer.body}`, '30000000');
  },
);
alike(
  APP,
  'an app is paused by a client that does not read, and goes on when it does',
  async ({ open, ask }) => {
    const client = await open();
    client.pause();
    client.send('GET /events/flood HTTP/1.1\r\nHost: a\r\n\r\n');
    // More than fits into the buffers on the way: without backpressure all 400 pieces were written at once.
    const [before] = await ask(get('/journal/flood/full'));
    const written = Number(`${before!.body}`.match(/(\d+)$/)![1]);
    client.resume();
    const answer = await client.answer();
    return [written < 400, answer?.statusLine, answer?.headers, answer?.body];
  },
  ([paused, , , body]: [boolean, string, string[], Buffer]) => {
    assert.ok(paused);
    assert.equal(body.length, 400 * 64 * 1024);
  },
);

// Errors that nobody catches.

for (const name of ['throws-late', 'throws-on-end', 'rejects']) {
  alike(
    'crash.cjs',
    `a listener that ${name.replaceAll('-', ' ')}: the process hears of it, and serves on`,
    async ({ open, ask }) => {
      const client = await open();
      client.send(`POST /${name} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`);
      return ask(get(`/journal/${name}/`), get('/'));
    },
    (answers: Answer[]) => assert.equal(`${answers[1]!.body}`, 'answered'),
  );
}
for (const name of ['throws', 'throws-begun']) {
  alike(
    'crash.cjs',
    `a listener that ${name.replaceAll('-', ' ')}: the program serves on`,
    async ({ open, ask }) => {
      // On Node the process hears of it and the client waits; Siskin logs it and answers with 500, or cuts the answer.
      (await open()).send(`GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return ask(get('/'));
    },
    (answers: Answer[]) => assert.equal(`${answers[0]!.body}`, 'answered'),
  );
}

// Upgrades and tunnels.

const UPGRADE = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n';
alike(
  'hooks.cjs',
  'an upgraded socket is the program’s, with what came behind the request',
  async ({ open }) => {
    const client = await open();
    client.send(`GET /chat HTTP/1.1\r\n${UPGRADE}first`);
    await client.until((text) => text.includes('head: first.'));
    client.send('second');
    await client.until((text) => text.includes('SECOND'));
    client.end();
    await client.ended();
    return client.take();
  },
  (text: string) => assert.match(text, /^HTTP\/1\.1 101 [\s\S]*head: first\.SECONDbye$/),
);
alike(
  'hooks.cjs',
  'a program refuses an upgrade with an answer of its own',
  async ({ open }) => {
    const client = await open();
    client.send(`GET /refuse HTTP/1.1\r\n${UPGRADE}`);
    const ending = await client.ended();
    return [client.take(), ending];
  },
  ([text]: [string]) => assert.match(text, /^HTTP\/1\.1 401/),
);
same(
  APP,
  'an upgrade that nobody listens for is a request like any other',
  [get('/', { Connection: 'Upgrade', Upgrade: 'shout' }), get('/')],
  [200, 200],
);
alike(
  'hooks.cjs',
  'CONNECT hands the program a tunnel',
  async ({ open }) => {
    const client = await open();
    client.send('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\nfirst');
    await client.until((text) => text.endsWith('first.'));
    client.send('through the tunnel');
    await client.until((text) => text.endsWith('tunnel'));
    client.end();
    await client.ended();
    return client.take();
  },
  (text: string) => assert.match(text, /^HTTP\/1\.1 200 [\s\S]*through the tunnel$/),
);
alike(
  APP,
  'CONNECT comes to nothing where nobody listens for it',
  async ({ open }) => {
    const client = await open();
    client.send('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n');
    await client.ended();
    // Node closes without a word; saying why is no worse.
    return /^HTTP\/1\.1 2/.test(client.take());
  },
  (connected: boolean) => assert.equal(connected, false),
);

// Requests that are none.

for (const [name, bytes] of [
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['a length that is none', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n'],
  [
    'a chunk size that is none',
    'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  ],
  ['headers that are too large', `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`],
] as const) {
  alike(
    APP,
    `${name}: the answer’s status is Node’s, and the connection is over`,
    async ({ open }) => {
      const client = await open();
      client.send(bytes);
      await client.ended();
      return client.take().match(/^HTTP\/1\.1 (\d+)/)?.[1];
    },
    (status: string) => assert.match(status, /^4/),
  );
}
alike(
  'hooks.cjs',
  'a program answers bad requests itself',
  async ({ open }) => {
    const client = await open();
    client.send('GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n');
    const ending = await client.ended();
    return [client.take(), ending];
  },
  ([text]: [string]) => assert.match(text, /X-Custom: yes/),
);

// Options.

same('options.cjs', 'classes of the program’s own are used', get('/loud', { 'X-Join': ['a', 'b'] }), 200);
same('options.cjs', 'options and properties of a server can be read', get('/settings'), 200);
same('options.cjs', 'a header that must be unique is joined', get('/unique'), (answer) =>
  assert.equal(fieldOf(answer, 'x-unique'), 'a; b'),
);
same(
  'options.cjs',
  'a connection ends with the last request it may bring',
  [get('/1'), get('/2'), get('/3')],
  [200, 200, 200],
);
same(
  'options.cjs',
  'requests without a Host are served where the program says so',
  { path: '/', headers: { Host: [] } },
  200,
);
alike(
  'options.cjs',
  'a header section of a limit’s own is refused',
  async ({ open }) => {
    const client = await open();
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(5000)}\r\n\r\n`);
    await client.ended();
    return client.take().slice(0, 12);
  },
  (text: string) => assert.equal(text, 'HTTP/1.1 431'),
);
