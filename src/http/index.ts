// HTTP/1.1 without I/O: octets in, heads and bodies out, and the other way round. No sockets, no clock, no imports.
//
//     in    parseRequestHead   BodyDecoder         (parseResponseHead for clients)
//     out   encodeResponseHead  encodeChunkHead  encodeLastChunk  (encodeRequestHead)
//
// What a peer does wrong comes back as a `Problem`, with the status that answers it; what the caller does wrong is
// thrown as a `LocalProtocolError`.

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
