// The example page, and beside it `/check`: a page that opens the example in a frame, uses it as a person would, shows
// in its own document what came of it, and ends loading when it has. Chromium prints its document then.

import page from '../../examples/page.ts';

const CHECK = `<!doctype html>
<title>Check</title>
<iframe src="/" width="600" height="600"></iframe>
<pre id="result">unfinished</pre>
<script src="/finished" async></script>
<script type="module">
  const frame = document.querySelector('iframe');
  const shown = (selector) => frame.contentDocument?.querySelector(selector);
  // Each look comes with the frame's next change.
  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const result = {};
  await until(() => shown('#events')?.textContent === 'tick 3 of 3');
  await until(() => shown('#streamed').textContent.endsWith('piece.'));
  result.posted = shown('#posted').textContent;
  result.streamed = shown('#streamed').textContent;
  result.events = shown('#events').textContent;
  result.styled = frame.contentWindow.getComputedStyle(shown('form')).display;

  const form = shown('form');
  form.elements.name.value = 'Ada <b>& Grace</b>';
  const files = new DataTransfer();
  files.items.add(new File(['x'.repeat(300000)], 'file.txt'));
  form.elements.file.files = files.files;
  form.requestSubmit();
  await until(() => shown('#greeting'));
  result.greeting = shown('#greeting').textContent;
  result.file = shown('#file').textContent;

  const aborter = new AbortController();
  const endless = await fetch('/endless', { signal: aborter.signal });
  const reader = endless.body.getReader();
  await reader.read();
  aborter.abort();
  result.aborted = await reader.read().catch((error) => error.name);
  result.cancelled = await (await fetch('/cancelled')).text();
  result.many = (await Promise.all(Array.from({ length: 50 }, (_, i) => fetch('/many?' + i)))).every(({ ok }) => ok);

  document.getElementById('result').textContent = JSON.stringify(result);
  await fetch('/finish', { method: 'POST' });
</script>
`;

const finished = Promise.withResolvers<void>();
const cancelled = Promise.withResolvers<void>();

export default async function fetch(request: Request): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case '/check':
      return new Response(CHECK, { headers: { 'content-type': 'text/html;charset=utf-8' } });
    case '/finish':
      finished.resolve();
      return new Response(null, { status: 204 });
    case '/finished':
      await finished.promise;
      return new Response('', { headers: { 'content-type': 'text/javascript' } });
    case '/endless':
      // With a type: a browser would wait for more, to guess one.
      return new Response(ReadableStream.from(endless()), {
        headers: { 'content-type': 'application/octet-stream' },
      });
    case '/cancelled':
      await cancelled.promise;
      return new Response('the server knows');
    case '/many':
      return new Response('one of many');
    default:
      return page(request);
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      yield new TextEncoder().encode('more');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    cancelled.resolve();
  }
}
