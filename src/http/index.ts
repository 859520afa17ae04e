// HTTP/1.1 (RFC 9110, RFC 9112) without I/O: octets in, messages out, and the other way round. No sockets, no clock,
// no imports. Three levels, each of use without the one above:
//
//     scan      request-line  section ─ fields        octets are checked in place, in one pass
//               chunk-line  trailers  authority  transfer-encoding
//     message   parseRequestHead  parseResponseHead  BodyDecoder      one buffer, the caller's; for servers
//               encodeResponseHead  encodeRequestHead  encodeChunkHead  encodeLastChunk
//     events    MessageReader                         bytes from anywhere; for everybody else
//
// What a peer does wrong is a value, `Problem`, with the status that answers it; what the caller does wrong is thrown,
// `LocalProtocolError`. Every answer depends only on the octets, never on the pieces in which they came.
//
//     const found = parseRequestHead(bytes, 0, bytes.length, DEFAULT_HEAD_LIMITS);
//     if (found === undefined) ...receive more...
//     else if (found instanceof Problem) ...answer found.status, close...
//     else new BodyDecoder(found.contentLength, 1_000_000).decode(bytes, found.size, bytes.length);

export { withoutBlanks } from './blanks.ts';
export * from './body.ts';
export * from './chunk-writer.ts';
export type { HeaderList } from './header-list.ts';
export * from './limits.ts';
export * from './problem.ts';
export * from './reader.ts';
export * from './reason.ts';
export * from './request-head.ts';
export type { TargetForm } from './request-line.ts';
export * from './request-writer.ts';
export * from './response-head.ts';
export * from './response-writer.ts';
