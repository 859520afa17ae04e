// A listener that throws, in a program that lives on: what nobody catches is the process's, as anywhere in Node.

const http = require('node:http');
const { note, serveJournal } = require('./journal.cjs');

process.on('uncaughtException', (error, origin) => note(error.message, `${origin} ${error.name}`));
process.on('unhandledRejection', (error) => note(error.message, `rejection ${error.name}`));

const server = http.createServer(async (req, res) => {
  if (serveJournal(req, res)) return;
  await null;
  if (req.url === '/rejects') throw new RangeError('rejects');
  res.end('answered');
});
server.prependListener('request', (req, res) => {
  if (req.url === '/throws') throw new TypeError('throws');
  if (req.url === '/throws-late') {
    setImmediate(() => {
      throw new Error('throws-late');
    });
  }
  if (req.url === '/throws-begun') {
    res.write('begun');
    throw new Error('throws-begun');
  }
  if (req.url === '/throws-on-end') {
    req.resume().on('end', () => {
      throw new Error('throws-on-end');
    });
  }
});

exports.start = () => server.listen(0);
