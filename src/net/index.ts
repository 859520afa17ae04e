// Streams of bytes for coroutines: listen, connect, read, write.
//
//   function* echo(stream: Stream): Co<void> {
//     const buffer = new Uint8Array(4096);
//     for (let n = yield* stream.read(buffer); n > 0; n = yield* stream.read(buffer)) {
//       yield* stream.write(buffer.subarray(0, n));
//     }
//     stream.close();
//   }
export { connect, type Target } from './connect.ts';
export { DuplexStream } from './duplex.ts';
export { DuplexListener } from './duplex-listener.ts';
export { DEFAULT_BACKLOG, listen, listenNow } from './listen.ts';
export { SocketListener } from './listener.ts';
export { createPair } from './pair.ts';
export { SocketStream } from './socket.ts';
export type { Listener, Stream } from './stream.ts';
