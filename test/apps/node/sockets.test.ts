// What keeps a connection for itself: WebSockets, Socket.IO, a reverse proxy.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { type Answer, statusOf } from './answer.ts';
import { closing, get, head, post, postJson } from './ask.ts';
import { closeFrame, frame, handshake } from './frame.ts';
import type { Site } from './site.ts';
import { twins } from './twins.ts';

const { same, alike } = await twins(
  ['websockets.cjs', 'websocket-server.mjs', 'socketio.mjs', 'proxy.cjs'],
  [
    [/"sid":"[\w-]{20}"/g, '"sid":"<id>"'],
    [/(127\.0\.0\.1|localhost):\d{4,5}/g, '$1:<port>'],
  ],
);

// ws.

const WS = 'websockets.cjs';

/** Shakes hands, sends the frames, and gives all that comes back until `enough` or the end of the connection. */
const talk =
  (path: string, frames: readonly Uint8Array[], enough: (text: string) => boolean, headers = '') =>
  async ({ open }: Site) => {
    const client = await open();
    client.send(Buffer.concat([Buffer.from(handshake(path, headers)), ...frames]));
    await client.until(enough);
    return client.take();
  };
const never = () => false;

alike(
  WS,
  'messages that come with the handshake are echoed, text and binary, short and long',
  talk(
    '/chat',
    [
      frame('text', 'hello'),
      frame('binary', Buffer.from([0, 255])),
      frame('text', 'x'.repeat(60_000)),
      frame('text', 'in ', { final: false }),
      frame('continuation', 'pieces'),
      frame('ping', 'are you there'),
      frame('pong', 'I am'),
      closeFrame(1000),
    ],
    never,
  ),
  (text: string) => assert.match(text, /^HTTP\/1\.1 101 [\s\S]*welcome \/chat[\s\S]*hello[\s\S]*in pieces/),
);
for (const [name, frames] of [
  ['closes when it is asked to', [frame('text', 'close'), closeFrame(4001)]],
  ['refuses a frame without a mask', [frame('text', 'bare', { masked: false })]],
  ['refuses a reserved bit', [frame('text', 'x', { reserved: 4 })]],
  ['refuses text that is no UTF-8', [frame('text', Buffer.from([0xff]))]],
  ['refuses a continuation of nothing', [frame('continuation', 'x')]],
  [
    'refuses a message that is too large',
    [frame('text', 'x'.repeat(65_000), { final: false }), frame('continuation', 'x'.repeat(65_000))],
  ],
  ['terminates', [frame('text', 'terminate')]],
] as const) {
  alike(WS, `a socket ${name}`, talk('/chat', frames, never), (text: string) =>
    assert.match(text, /^HTTP\/1\.1 101/),
  );
}
alike(
  WS,
  'many messages at once arrive in order',
  talk('/chat', [frame('text', 'flood'), closeFrame(1000)], never),
  (text: string) => assert.ok(text.length > 900_000),
);
alike(
  WS,
  'messages are compressed where both agree',
  talk(
    '/squeezed',
    [frame('text', 'squeeze '.repeat(100)), frame('text', 'short'), closeFrame(1000)],
    never,
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n',
  ),
  (text: string) => assert.match(text, /permessage-deflate/),
);
alike(
  WS,
  'subprotocols and headers of the program’s own',
  talk('/spoken', [closeFrame(1000)], never, 'Sec-WebSocket-Protocol: v1, v2\r\n'),
  (text: string) => assert.match(text, /Sec-WebSocket-Protocol: v2\r\n[\s\S]*X-Added[\s\S]*protocol v2/),
);
alike(
  WS,
  'a handshake is refused by the program',
  talk('/chat', [], never, 'Authorization: nobody\r\n'),
  (text: string) => assert.match(text, /^HTTP\/1\.1 401/),
);
alike(WS, 'a handshake for a path that is none is refused', talk('/none', [], never), (text: string) =>
  assert.match(text, /^HTTP\/1\.1 404/),
);
alike(
  WS,
  'a handshake of another version is refused by ws',
  async ({ open }) => {
    const client = await open();
    client.send(handshake('/chat').replace('Version: 13', 'Version: 7'));
    await client.ended();
    return client.take();
  },
  (text: string) => assert.match(text, /^HTTP\/1\.1 4/),
);
alike(
  WS,
  'a handshake follows other requests on its connection',
  async ({ open }) => {
    const client = await open();
    const first = await client.ask(get('/'));
    client.send(handshake('/chat'));
    await client.until((text) => text.includes('welcome'));
    client.send(frame('text', 'still here'));
    await client.until((text) => text.includes('still here'));
    client.send(closeFrame(1000));
    await client.ended();
    return [first, client.take()];
  },
  ([first]: [Answer]) => assert.equal(`${first.body}`, 'plain HTTP'),
);
alike(
  WS,
  'one message goes to all, and a client that is gone is noticed',
  async ({ open, ask }) => {
    const clients = await Promise.all([open(), open(), open()]);
    for (const client of clients) {
      client.send(handshake('/chat?together'));
      await client.until((text) => text.includes('together'));
    }
    clients[0]!.send(frame('text', 'all to everyone'));
    for (const client of clients) await client.until((text) => text.includes('to everyone'));
    const received = clients.map((client) => client.take());
    clients[0]!.send(closeFrame(4000));
    await clients[0]!.ended();
    clients[1]!.reset();
    await ask(get('/journal/chat/close%201006'));
    clients[2]!.end();
    return received;
  },
  (received: string[]) => assert.equal(received.length, 3),
);
alike(
  'websocket-server.mjs',
  'a client of Node’s own talks to it',
  async ({ port }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
    const messages: unknown[] = [];
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
    socket.addEventListener('message', ({ data }) => {
      messages.push(data);
      if (messages.length === 1) socket.send('hello');
      if (messages.length === 2) socket.send('long '.repeat(20_000));
      if (messages.length === 3) socket.close(4002, 'enough');
    });
    const { code, reason, wasClean } = await closed;
    return [messages, code, reason, wasClean];
  },
  ([messages]: [string[]]) => assert.equal(messages[1], 'HELLO'),
);
same(
  'websocket-server.mjs',
  'pages are served beside it, and other paths are no sockets',
  [get('/'), closing(get('/other', { Connection: 'Upgrade', Upgrade: 'websocket' }))],
  (page) => assert.equal(`${page.body}`, 'a page'),
);

// Socket.IO.

const IO = 'socketio.mjs';
const POLL = '/socket.io/?EIO=4&transport=polling';

alike(
  IO,
  'polling, request by request',
  async ({ open, ask }) => {
    const [hello, refused, stranger] = await ask(
      get(POLL, { Origin: 'https://friend.example' }),
      get('/socket.io/?EIO=4&transport=pigeon'),
      get(`${POLL}&sid=nobody`),
    );
    const { sid } = JSON.parse(`${hello!.body}`.slice(1));
    const here = `${POLL}&sid=${sid}`;
    const connected = await ask(
      post(here, '40{"token":"good"}', { 'Content-Type': 'text/plain;charset=UTF-8' }),
      get(here),
    );
    const client = await open();
    const waiting = client.ask(get(here));
    const sent = await ask(post(here, '421["echo","now",7]', { 'Content-Type': 'text/plain;charset=UTF-8' }));
    const echoed = await waiting;
    const gone = await ask(post(here, '1', { 'Content-Type': 'text/plain;charset=UTF-8' }), get('/'));
    return [hello, refused, stranger, ...connected, ...sent, echoed, ...gone];
  },
  (answers: Answer[]) =>
    assert.deepEqual(answers.map(statusOf), [200, 400, 400, 200, 200, 200, 200, 200, 200]),
);
alike(
  IO,
  'a preflight, a bad method',
  ({ ask }) =>
    ask(
      {
        method: 'OPTIONS',
        path: POLL,
        headers: { Origin: 'https://friend.example', 'Access-Control-Request-Method': 'POST' },
      },
      { method: 'DELETE', path: POLL },
      get('/socket.io/socket.io.js.missing'),
    ),
  () => {},
);
for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  alike(
    IO,
    `clients talk over ${transports.join(', then ')}`,
    async ({ port }) => {
      const options = { transports, forceNew: true, reconnection: false, query: { name: 'ada' } };
      const url = `http://127.0.0.1:${port}`;
      const sockets = [io(url, options), io(url, options)];
      try {
        return await conversation(sockets as [Socket, Socket], transports.at(-1)!);
      } finally {
        for (const socket of sockets) socket.disconnect();
      }
    },
    (got: unknown[]) => assert.equal(got[0], 'ada'),
  );
}
alike(
  IO,
  'a client is refused by the program’s middleware, and served in another namespace',
  async ({ port }) => {
    const options = { forceNew: true, reconnection: false };
    const refused = io(`http://127.0.0.1:${port}`, { ...options, auth: { token: 'bad' } });
    const [error] = await once(refused as never, 'connect_error');
    const admin = io(`http://127.0.0.1:${port}/admin`, options);
    const [welcome] = await once(admin as never, 'admin');
    refused.disconnect();
    admin.disconnect();
    return [(error as Error).message, welcome];
  },
  (got: unknown[]) => assert.deepEqual(got, ['not you', true]),
);

async function conversation([one, other]: [Socket, Socket], transport: string): Promise<unknown[]> {
  const [[name]] = await Promise.all([once(one as never, 'welcome'), once(other as never, 'welcome')]);
  const { engine } = one.io;
  if (engine.transport.name !== transport) await once(engine as never, 'upgrade');
  const echoed = await one.emitWithAck('echo', 'text', { a: [1] }, Buffer.from([1, 2, 3]));
  const rooms = [await one.emitWithAck('join', 'room'), await other.emitWithAck('join', 'room')];
  const heard = Promise.all([once(one as never, 'said'), once(other as never, 'said')]);
  other.emit('say', 'room', 'x'.repeat(20_000));
  const said = await heard;
  const left = once(one as never, 'disconnect');
  one.emit('leave');
  return [
    name,
    engine.transport.name,
    echoed,
    rooms,
    said.flat().map(({ length }) => length),
    (await left)[0],
  ];
}

// http-proxy-3.

const PROXY = 'proxy.cjs';
same(
  PROXY,
  'requests and answers go through',
  [
    get('/facts?x=1', { 'X-Thing': 'yes', Cookie: 'a=1', 'X-Forwarded-For': '203.0.113.9' }),
    head('/facts'),
    get('/redirect'),
    get('/large'),
    get('/slow'),
    get('/none'),
    get('/nothing'),
    get('/away'),
    post('/echo', 'text', { 'Content-Type': 'text/x' }),
    post('/echo', ['in ', 'chunks']),
    post('/echo', 'large '.repeat(100_000)),
    { method: 'PUT', path: '/facts', body: 'x' },
    { method: 'DELETE', path: '/facts' },
    closing(get('/facts')),
  ],
  (...answers) =>
    assert.equal(answers.map(statusOf).join(' '), '200 200 302 200 200 204 404 502 200 200 200 200 200 200'),
);
same(
  PROXY,
  'a request that waits to be invited goes through',
  // Its origin writes the head first: whether a body will come is not known by then, and Siskin does not promise to stay.
  closing({ ...postJson('/echo', 'waited', { Expect: '100-continue' }), waits: true }),
  200,
);
same(PROXY, 'requests of HTTP/1.0 go through', { path: '/slow', version: '1.0' }, 200);
alike(
  PROXY,
  'WebSockets go through',
  talk('/', [frame('text', 'hello'), closeFrame(1000)], never),
  (text: string) => assert.match(text, /^HTTP\/1\.1 101 [\s\S]*origin says hello/),
);
