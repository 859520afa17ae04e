// app.js as one writes it today: the handler is `async`, and so is everything that it calls. For comparison.

import express from 'express';

const API = process.env.SLOW_API ?? 'http://127.0.0.1:4000';
const app = express();

app.get('/', async (request, response) => {
  const answer = await fetch(`${API}/?delay=${request.query.delay ?? 1}`);
  response.json({ status: answer.status, api: await answer.json() });
});

export default app;
