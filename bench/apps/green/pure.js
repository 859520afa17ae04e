// Express routes that only compute, for what green code costs where nothing waits.

import express from 'express';

const app = express();
const LINE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}) (\w+) "([^"]*)"$/;
const LOG = Array.from(
  { length: 40 },
  (_, i) => `2026-01-${10 + (i % 20)}T10:${10 + (i % 50)} INFO "request ${i} was answered"`,
);
const ROWS = Array.from({ length: 60 }, (_, id) => ({
  id,
  name: `row ${id}`,
  tags: ['a', 'b', `${id}`],
  score: id / 7,
}));

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function parseLine(line) {
  const [, year, month, day, hour, minute, level, message] = LINE.exec(line);
  return { at: `${year}${month}${day}${hour}${minute}`, level, message };
}

app.get('/hello', (_request, response) => {
  response.send('Hello, World!');
});
app.get('/fib', (_request, response) => {
  response.send(String(fib(18)));
});
app.get('/json', (_request, response) => {
  const rows = JSON.parse(JSON.stringify(ROWS));
  response.json(rows.filter((row) => row.id % 3 === 0).map((row) => ({ ...row, total: row.score * 2 })));
});
app.get('/regex', (_request, response) => {
  response.json(LOG.map(parseLine).length);
});

export default app;
