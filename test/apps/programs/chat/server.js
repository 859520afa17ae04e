const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const express = require('express');
const multer = require('multer');
const { attachChat } = require('./chat');

const uploads = process.env.UPLOADS ?? fs.mkdtempSync(path.join(os.tmpdir(), 'chat-'));
const app = express();
const server = http.createServer(app);
const chat = attachChat(server);

const upload = multer({
  storage: multer.diskStorage({
    destination: uploads,
    filename: (_req, file, done) => done(null, `${chat.nextId()}${path.extname(file.originalname)}`),
  }),
  limits: { fileSize: 2_000_000 },
});

app.use(express.static(path.join(__dirname, 'public')));
app.use('/uploads', express.static(uploads, { maxAge: '1h' }));

app.get('/messages', (_req, res) => res.json(chat.messages));

app.post('/uploads', upload.single('picture'), (req, res) => {
  if (!req.file) return res.status(400).json({ error: 'Choose a picture first.' });
  const url = `/uploads/${req.file.filename}`;
  chat.say({ from: req.body.from || 'somebody', picture: url });
  return res.status(201).location(url).json({ url, size: req.file.size });
});

app.use((error, _req, res, _next) => {
  res.status(error.code === 'LIMIT_FILE_SIZE' ? 413 : 500).json({ error: error.message });
});

server.listen(process.env.PORT ?? 3000, () => {
  console.log(`The chat is at http://localhost:${server.address().port}`);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    chat.close();
    server.close(() => console.log('The chat is over.'));
    server.closeIdleConnections();
  });
}
