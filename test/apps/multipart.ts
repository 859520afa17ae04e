// A multipart/form-data body as browsers write it (RFC 7578).

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly body: string | Uint8Array;
}

const BOUNDARY = '----siskin7MA4YWxkTrZu0gW';

/** Browsers write a quote in a name as %22. */
const quoted = (text: string): string => `"${text.replaceAll('"', '%22')}"`;

export function multipart(parts: readonly Part[]): { readonly type: string; readonly body: Buffer } {
  const pieces: Uint8Array[] = [];
  for (const { name, filename, type, body } of parts) {
    const file = filename === undefined ? '' : `; filename=${quoted(filename)}`;
    const kind = type === undefined ? '' : `\r\nContent-Type: ${type}`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name=${quoted(name)}${file}${kind}\r\n\r\n`;
    pieces.push(Buffer.from(head), Buffer.from(body as string), Buffer.from('\r\n'));
  }
  return {
    type: `multipart/form-data; boundary=${BOUNDARY}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}
