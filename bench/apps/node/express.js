// Express, as its documentation begins.

import express from 'express';

const app = express();
app.get('/', (_req, res) => {
  res.type('text/plain;charset=UTF-8').send('Hello, World!');
});
app.listen(Number(process.argv[2]), '127.0.0.1');
