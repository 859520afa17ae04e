// One route hashes passwords, another answers at once.

import { pbkdf2Sync } from 'node:crypto';
import express from 'express';

const app = express();

app.get('/hash', (_request, response) => {
  response.send(pbkdf2Sync('correct horse battery staple', 'salt', 100_000, 32, 'sha256').toString('hex'));
});
app.get('/ping', (_request, response) => {
  response.send('pong');
});

export default app;
