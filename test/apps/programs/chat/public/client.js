const messages = document.querySelector('#messages');
const status = document.querySelector('#status');
const sayForm = document.querySelector('#say');
const uploadForm = document.querySelector('#upload');

const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/chat`);
socket.addEventListener('open', () => {
  status.textContent = 'Connected.';
});
socket.addEventListener('close', ({ reason }) => {
  status.textContent = `Disconnected. ${reason}`;
});
socket.addEventListener('message', ({ data }) => {
  const event = JSON.parse(data);
  if (event.type === 'history') event.messages.forEach(show);
  if (event.type === 'message') show(event);
  if (event.type === 'present') document.querySelector('#present').textContent = `${event.count} here`;
});

function show({ from, text, picture }) {
  const item = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = `${from}: `;
  item.append(name);
  if (text) item.append(text);
  if (picture) item.append(Object.assign(new Image(), { src: picture, alt: `a picture by ${from}` }));
  messages.append(item);
}

sayForm.addEventListener('submit', (event) => {
  event.preventDefault();
  socket.send(JSON.stringify(Object.fromEntries(new FormData(sayForm))));
  sayForm.elements.text.value = '';
});

uploadForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData();
  form.append('from', sayForm.elements.from.value);
  form.append('picture', uploadForm.elements.picture.files[0]);
  const response = await fetch('/uploads', { method: 'POST', body: form });
  const { error } = await response.json();
  status.textContent = error ?? 'Shared.';
  uploadForm.reset();
});
