// A synchronous Express app, as one would write it in Python: it asks a slow API and waits for the answer. Nothing in it
// knows how it is served; run.js serves it in several ways.

import express from 'express';
import { fetchSync } from '../../src/blocking/index.ts';

const API = process.env.SLOW_API ?? 'http://127.0.0.1:4000';
const app = express();

app.get('/', (request, response) => {
  const answer = fetchSync(`${API}/?delay=${request.query.delay ?? 1}`);
  response.json({ status: answer.status, api: answer.json() });
});

export default app;
