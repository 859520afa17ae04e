// An HTML page to try in a browser: style and script beside it, a form, a POST with fetch, a streamed answer and
// server-sent events.
//   npm run siskin -- serve examples/page.ts       and open the address that it prints

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Siskin</title>
<link rel="stylesheet" href="/page.css">
<h1>Siskin</h1>
<form method="post" action="/greeting" enctype="multipart/form-data">
  <label>Your name <input name="name" value="Ada" required></label>
  <label>A file <input name="file" type="file"></label>
  <button>Send</button>
</form>
<dl>
  <dt>POST with fetch <dd id="posted">…
  <dt>A streamed answer <dd id="streamed">…
  <dt>Server-sent events <dd id="events">…
</dl>
<script type="module" src="/page.js"></script>
</html>
`;

const STYLE = `body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
form { display: grid; gap: .5rem; justify-items: start }
dt { font-weight: bold }
`;

/** Runs in the browser. */
const SCRIPT = `
const show = (id, text) => (document.getElementById(id).textContent = text);

const answer = await fetch('/double', { method: 'POST', body: JSON.stringify({ number: 21 }) });
show('posted', (await answer.json()).doubled);

let text = '';
const { body } = await fetch('/words');
for await (const piece of body.pipeThrough(new TextDecoderStream())) show('streamed', (text += piece));

const source = new EventSource('/ticks');
source.addEventListener('tick', (event) => show('events', event.data));
source.addEventListener('end', () => source.close());
`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character]!);

export default async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return of('text/html', PAGE);
    case 'GET /page.css':
      return of('text/css', STYLE);
    case 'GET /page.js':
      return of('text/javascript', SCRIPT);
    case 'POST /greeting':
      return greet(await request.formData());
    case 'POST /double': {
      const { number } = (await request.json()) as { number: number };
      return Response.json({ doubled: number * 2 });
    }
    case 'GET /words':
      return of('text/plain', ReadableStream.from(words()).pipeThrough(new TextEncoderStream()));
    case 'GET /ticks':
      return of('text/event-stream', ReadableStream.from(ticks()).pipeThrough(new TextEncoderStream()));
    default:
      return new Response('Not found\n', { status: 404 });
  }
}

function greet(form: FormData): Response {
  const file = form.get('file');
  const size = file instanceof File ? file.size : 0;
  const note = size > 0 ? `<p id="file">Your file has ${size} bytes.` : '';
  const name = escaped(String(form.get('name')));
  return of('text/html', `<!doctype html><title>Hello</title><p id="greeting">Hello, ${name}!${note}`);
}

async function* words(): AsyncGenerator<string> {
  for (const word of ['Each', ' word', ' in', ' a', ' piece.']) {
    yield word;
    await pause();
  }
}

async function* ticks(): AsyncGenerator<string> {
  for (let tick = 1; tick <= 3; tick++) {
    yield `event: tick\ndata: tick ${tick} of 3\n\n`;
    await pause();
  }
  // Otherwise the browser connects again, and again.
  yield 'event: end\ndata:\n\n';
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

function of(type: string, body: string | ReadableStream<Uint8Array<ArrayBuffer>>): Response {
  return new Response(body, { headers: { 'content-type': `${type};charset=utf-8` } });
}
