// An HTTP GET over a raw socket. `siskin/http` never touches the socket: it turns what we send into bytes,
// and the bytes we hand it into events. What moves bytes in between is up to us.
//
//   node examples/layers/http-get.ts http://127.0.0.1:8000/

import { encodeRequestHead, MessageReader } from '../../src/http/index.ts';
import { createKernel, Loop } from '../../src/loop/index.ts';
import { connect } from '../../src/net/index.ts';
import { type Co, deadline, spawn } from '../../src/task/index.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Gets `url`, which starts with `http://`. */
export function* get(url: URL): Co<Answer> {
  const stream = yield* connect({ host: url.hostname, port: Number(url.port || 80) });
  try {
    const { text } = encodeRequestHead('GET', url.pathname + url.search, ['Host', url.host], 0, false);
    yield* stream.write(text);

    // Only who knows the request can read the response: one to HEAD has no body, whatever its length says.
    const reader = MessageReader.ofResponses();
    reader.asked('GET');
    const buffer = new Uint8Array(16 * 1024);
    const pieces: Uint8Array[] = [];
    let status = 0;
    for (;;) {
      const event = reader.next();
      if (event.type === 'need-data') {
        const count = yield* stream.read(buffer);
        if (count > 0) reader.receive(buffer.subarray(0, count));
        else reader.endOfInput();
      } else if (event.type === 'head') status = event.head.status;
      else if (event.type === 'data') pieces.push(event.bytes);
      else if (event.type === 'end') return { status, body: Buffer.concat(pieces).toString() };
      else throw new Error(`no response: ${event.type === 'problem' ? event.problem.message : event.type}`);
    }
  } finally {
    stream.close();
  }
}

if (import.meta.main) {
  const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8000/');
  const loop = new Loop(await createKernel());
  loop.attach();
  const { status, body } = await spawn(loop, deadline(10_000, get(url)));
  console.log(status);
  console.log(body);
}
