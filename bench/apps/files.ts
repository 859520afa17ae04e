// A program that serves the files of a folder, as one writes it for `node:http`: node bench/apps/files.ts PORT FOLDER
// With READ_FILES=read, what it pipes is read and written on any server.

import fs, { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { toggleTimer } from './probe.ts';

const [port, folder] = process.argv.slice(2) as [string, string];

if (process.env['READ_FILES'] === 'read') {
  const { read } = fs;
  // Somebody in between: the file is no longer handed over.
  fs.read = Object.assign((...given: unknown[]) => Reflect.apply(read, fs, given) as void, read);
}

createServer((request, response) => {
  const path = request.url!;
  if (path === '/timer') response.end(JSON.stringify(toggleTimer()));
  else if (path === '/usage') response.end(JSON.stringify(process.cpuUsage()));
  else if (path === '/memory') response.end(JSON.stringify(process.memoryUsage()));
  else {
    fs.stat(join(folder, path), (error, found) => {
      if (error !== null) {
        response.writeHead(404).end();
        return;
      }
      response.setHeader('Content-Length', found.size);
      createReadStream(join(folder, path), { start: 0, end: found.size - 1 }).pipe(response);
    });
  }
}).listen(Number(port), '127.0.0.1');
