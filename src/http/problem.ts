// The two protocol errors. What a peer does wrong is a `Problem`: an entry of a table, returned as a value, because
// on a public port it is no surprise. What our own side does wrong is a `LocalProtocolError`, thrown, because it is a
// bug of the program that calls us.

/** A peer broke the protocol or passed a limit. The connection can't be used for another message. */
export class Problem {
  /** The status that answers a request with this problem. */
  readonly status: number;
  readonly code: string;
  readonly message: string;

  constructor(status: number, code: string, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

/** The caller asked for a message that HTTP does not allow. Nothing of it was encoded. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Every problem there is. Keyed by a short name; the `code` is what logs and users see. */
export const PROBLEMS = {
  // The start line.
  emptyLine: new Problem(400, 'ERR_HTTP_LINE_END', 'a line before the request must be empty and end in CRLF'),
  method: new Problem(400, 'ERR_HTTP_METHOD', 'the method must be a token followed by one space'),
  target: new Problem(
    400,
    'ERR_HTTP_TARGET',
    'the request target must be printable ASCII without "#", followed by one space and the version',
  ),
  targetForm: new Problem(
    400,
    'ERR_HTTP_TARGET_FORM',
    'the request target must be a path, an http(s) URL without user name, or "*" with OPTIONS',
  ),
  version: new Problem(400, 'ERR_HTTP_VERSION', 'the version must read HTTP/1.1 and end the line'),
  versionMajor: new Problem(505, 'ERR_HTTP_VERSION_UNSUPPORTED', 'only HTTP/1.x is spoken here'),
  connect: new Problem(501, 'ERR_HTTP_CONNECT', 'CONNECT is not implemented'),
  statusLine: new Problem(
    502,
    'ERR_HTTP_STATUS_LINE',
    'a response must start with HTTP/1.x and a three-digit status',
  ),
  startLineTooLong: new Problem(414, 'ERR_HTTP_REQUEST_LINE_TOO_LONG', 'the start line is too long'),

  // The header section.
  lineEnd: new Problem(400, 'ERR_HTTP_LINE_END', 'a line must end in CRLF: a bare CR or LF is refused'),
  fieldName: new Problem(
    400,
    'ERR_HTTP_FIELD_NAME',
    'a field name must be a token followed directly by a colon',
  ),
  fieldValue: new Problem(400, 'ERR_HTTP_FIELD_VALUE', 'a field value must not hold control characters'),
  folded: new Problem(400, 'ERR_HTTP_OBS_FOLD', 'a field line must not start with whitespace'),
  sectionTooLarge: new Problem(431, 'ERR_HTTP_HEADERS_TOO_LARGE', 'the header section is too large'),
  tooManyFields: new Problem(431, 'ERR_HTTP_TOO_MANY_FIELDS', 'there are too many header fields'),

  // What the fields mean together.
  hostMissing: new Problem(400, 'ERR_HTTP_HOST_MISSING', 'an HTTP/1.1 request must have a Host field'),
  hostRepeated: new Problem(400, 'ERR_HTTP_HOST_REPEATED', 'a request must have only one Host field'),
  host: new Problem(400, 'ERR_HTTP_HOST', 'the Host field must be a host and optionally a port'),
  contentLength: new Problem(
    400,
    'ERR_HTTP_CONTENT_LENGTH',
    'Content-Length must be one decimal number, no larger than 2^53 - 1',
  ),
  contentLengthRepeated: new Problem(
    400,
    'ERR_HTTP_CONTENT_LENGTH_REPEATED',
    'a message must have only one Content-Length field',
  ),
  lengthAndCoding: new Problem(
    400,
    'ERR_HTTP_FRAMING_AMBIGUOUS',
    'a message must not have both Content-Length and Transfer-Encoding',
  ),
  codingVersion: new Problem(
    400,
    'ERR_HTTP_TRANSFER_ENCODING_VERSION',
    'an HTTP/1.0 message must not have a Transfer-Encoding field',
  ),
  coding: new Problem(
    400,
    'ERR_HTTP_TRANSFER_ENCODING',
    'Transfer-Encoding must be a list of codings of which the last, and only the last, is chunked',
  ),
  codingUnknown: new Problem(
    501,
    'ERR_HTTP_TRANSFER_CODING_UNSUPPORTED',
    'chunked is the only transfer coding that is implemented',
  ),
  expectation: new Problem(417, 'ERR_HTTP_EXPECTATION', 'the only expectation understood is 100-continue'),

  // The body.
  chunkSize: new Problem(
    400,
    'ERR_HTTP_CHUNK_SIZE',
    'a chunk must start with its size in hexadecimal digits',
  ),
  chunkSizeTooLarge: new Problem(400, 'ERR_HTTP_CHUNK_SIZE', 'a chunk size must be no larger than 2^53 - 1'),
  chunkExtension: new Problem(400, 'ERR_HTTP_CHUNK_EXTENSION', 'a chunk extension must read ;name=value'),
  chunkOverhead: new Problem(400, 'ERR_HTTP_CHUNK_OVERHEAD', 'chunk extensions take up too many bytes'),
  chunkEnd: new Problem(
    400,
    'ERR_HTTP_CHUNK_END',
    'a chunk must be as long as its size says and end in CRLF',
  ),
  bodyTooLarge: new Problem(413, 'ERR_HTTP_BODY_TOO_LARGE', 'the body is too large'),
  headCutShort: new Problem(
    400,
    'ERR_HTTP_HEAD_CUT_SHORT',
    'the connection ended within the head of a message',
  ),
  bodyCutShort: new Problem(
    400,
    'ERR_HTTP_BODY_CUT_SHORT',
    'the connection ended before the end of the body',
  ),
  unasked: new Problem(502, 'ERR_HTTP_UNASKED_RESPONSE', 'a response came that no request had asked for'),
} as const;
