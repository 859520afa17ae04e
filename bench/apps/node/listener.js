// A bare listener, as its own program.

import { createServer } from 'node:http';

createServer((_req, res) => {
  res.setHeader('Content-Type', 'text/plain;charset=UTF-8');
  res.end('Hello, World!');
}).listen(Number(process.argv[2]), '127.0.0.1');
