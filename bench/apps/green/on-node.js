// examples/green/app-async.js on Node's own server.

import app from '../../../examples/green/app-async.js';

app.listen(Number(process.argv[2]), '127.0.0.1', 2048);
