// As app.js, with half of the waiting in PostgreSQL: a pool of connections of pg-native, which is libpq and blocks.

import express from 'express';
import Client from 'pg-native';
import { fetchSync } from '../../src/blocking/index.ts';

const API = process.env.SLOW_API ?? 'http://127.0.0.1:4000';
const DATABASE = process.env.DATABASE;
const app = express();
const idle = [];

/** A connection is for one request at a time: whoever finds none opens another. */
function withConnection(use) {
  let client = idle.pop();
  if (client === undefined) {
    client = new Client();
    client.connectSync(DATABASE);
  }
  try {
    return use(client);
  } finally {
    idle.push(client);
  }
}

app.get('/', (request, response) => {
  const half = Number(request.query.delay ?? 1) / 2;
  const answer = fetchSync(`${API}/?delay=${half}`);
  const [row] = withConnection((client) =>
    client.querySync('SELECT $1::float8 AS slept, pg_sleep($1::float8)', [String(half)]),
  );
  response.json({ api: answer.json(), database: row.slept });
});

export default app;
