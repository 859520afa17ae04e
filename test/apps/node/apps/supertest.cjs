// An app that runs its own tests: supertest listens on port 0, asks for the address in the same breath, and closes.

const http = require('node:http');
const express = require('express');
const request = require('supertest');

const tested = express();
tested.use(express.json());
tested.get('/user', (_req, res) => res.status(200).json({ name: 'john' }));
tested.post('/user', (req, res) => res.status(201).set('X-Made', 'yes').json(req.body));
tested.get('/cookie', (req, res) => res.cookie('seen', '1').send(req.headers.cookie ?? 'none'));
tested.get('/away', (_req, res) => res.redirect('/user'));

async function suite() {
  const results = [];
  const note = ({ status, body, text, headers }) => {
    const { date: _date, ...rest } = headers;
    results.push({ status, body, text, headers: rest });
  };
  note(await request(tested).get('/user').expect('Content-Type', /json/).expect(200));
  note(await request(tested).post('/user').send({ name: 'jane' }).expect(201));
  note(await request(tested).get('/away').redirects(1).expect(200));
  note(await request(tested).post('/user').attach('file', Buffer.from('x'), 'x.txt').field('a', 'b'));
  const agent = request.agent(tested);
  note(await agent.get('/cookie'));
  note(await agent.get('/cookie').expect('seen=1'));
  await request(tested)
    .get('/user')
    .expect(500)
    .catch((error) => results.push(error.message));
  results.push(
    ...(await Promise.all(
      [1, 2, 3].map((n) =>
        request(tested)
          .post('/user')
          .send({ n })
          .then(({ body }) => body),
      ),
    )),
  );

  // A server that is open already, and one that is asked for its address at once.
  const server = http.createServer(tested).listen(0);
  results.push([typeof server.address().port, server.listening]);
  note(await request(server).get('/user'));
  await new Promise((resolve) => server.close(resolve));
  results.push([server.address(), server.listening]);
  await fetch(`http://127.0.0.1:1`).catch((error) => results.push(error.message));
  return results;
}

exports.start = () =>
  http
    .createServer(async (_req, res) => {
      res.end(JSON.stringify(await suite().catch(({ stack }) => stack), null, 1));
    })
    .listen(0);
