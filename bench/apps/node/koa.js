// Koa, as its documentation begins.

import Koa from 'koa';

const app = new Koa();
app.use((context) => {
  context.type = 'text/plain;charset=UTF-8';
  context.body = 'Hello, World!';
});
app.listen(Number(process.argv[2]), '127.0.0.1');
