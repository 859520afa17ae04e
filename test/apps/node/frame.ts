// WebSocket frames as a client sends them (RFC 6455, section 5.2), masked with a key that is always the same.

const MASK = Buffer.from([1, 2, 3, 4]);
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export function frame(
  opcode: keyof typeof OPCODES,
  payload: string | Uint8Array = '',
  { final = true, reserved = 0, masked = true } = {},
): Buffer {
  const bytes = Buffer.from(payload as string);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : 4);
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | OPCODES[opcode];
  head[1] = (masked ? 0x80 : 0) | Math.min(length, 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  if (!masked) return Buffer.concat([head, bytes]);
  return Buffer.concat([head, MASK, bytes.map((byte, i) => byte ^ MASK[i % 4]!)]);
}

/** A close frame with its code. */
export const closeFrame = (code: number): Buffer => frame('close', Buffer.from([code >> 8, code & 0xff]));

/** A handshake whose answer is always the same. */
export const handshake = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ws.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
