// A body of unknown length on its way out, in chunks (RFC 9112 section 7.1). The server writes, for every piece of
// data, `encodeChunkHead`, the data and CHUNK_END; and `encodeLastChunk` at the end.

import { fieldLine } from './field-line.ts';
import type { HeaderList } from './header-list.ts';
import { LocalProtocolError } from './problem.ts';
import { FORBIDDEN_TRAILERS } from './trailers.ts';

/** What follows the data of each chunk. */
export const CHUNK_END = '\r\n';

/**
 * What precedes `length` bytes of data. Throws for 0: an empty chunk would end the body.
 *
 * @example encodeChunkHead(26) // '1a\r\n'
 */
export function encodeChunkHead(length: number): string {
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new LocalProtocolError('ERR_HTTP_CHUNK_SIZE', `a chunk must have at least one byte, not ${length}`);
  }
  return `${length.toString(16)}\r\n`;
}

/** The end of a chunked body, with its trailer fields, if any. Throws for a field that must not be a trailer. */
export function encodeLastChunk(trailers: HeaderList = []): string {
  let text = '0\r\n';
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i]!;
    if (FORBIDDEN_TRAILERS.has(name.toLowerCase())) {
      throw new LocalProtocolError(
        'ERR_HTTP_TRAILER',
        `"${name}" must not be a trailer field (RFC 9110 section 6.5.1)`,
      );
    }
    text += fieldLine(name, trailers[i + 1] ?? '');
  }
  return `${text}\r\n`;
}
