// What `clientError` listeners get: Node's parser has its codes for what can be wrong with a request, and programs look at
// them.

import { PROBLEMS, type Problem } from '../../http/index.ts';

const CODES = new Map<Problem, string>([
  [PROBLEMS.emptyLine, 'HPE_INVALID_METHOD'],
  [PROBLEMS.method, 'HPE_INVALID_METHOD'],
  [PROBLEMS.target, 'HPE_INVALID_URL'],
  [PROBLEMS.targetForm, 'HPE_INVALID_URL'],
  [PROBLEMS.version, 'HPE_INVALID_VERSION'],
  [PROBLEMS.versionMajor, 'HPE_INVALID_VERSION'],
  [PROBLEMS.startLineTooLong, 'HPE_HEADER_OVERFLOW'],
  [PROBLEMS.lineEnd, 'HPE_CR_EXPECTED'],
  [PROBLEMS.fieldName, 'HPE_INVALID_HEADER_TOKEN'],
  [PROBLEMS.fieldValue, 'HPE_INVALID_HEADER_TOKEN'],
  [PROBLEMS.folded, 'HPE_INVALID_HEADER_TOKEN'],
  [PROBLEMS.sectionTooLarge, 'HPE_HEADER_OVERFLOW'],
  [PROBLEMS.tooManyFields, 'HPE_HEADER_OVERFLOW'],
  [PROBLEMS.contentLength, 'HPE_INVALID_CONTENT_LENGTH'],
  [PROBLEMS.contentLengthRepeated, 'HPE_UNEXPECTED_CONTENT_LENGTH'],
  [PROBLEMS.lengthAndCoding, 'HPE_INVALID_CONTENT_LENGTH'],
  [PROBLEMS.coding, 'HPE_INVALID_TRANSFER_ENCODING'],
  [PROBLEMS.codingVersion, 'HPE_INVALID_TRANSFER_ENCODING'],
  [PROBLEMS.codingUnknown, 'HPE_INVALID_TRANSFER_ENCODING'],
  [PROBLEMS.headCutShort, 'HPE_INVALID_EOF_STATE'],
]);

/** Node's error for `problem`: its `code` is Node's, the message says what is wrong. */
export function clientError(problem: Problem, received: Uint8Array): Error {
  const code = problem.status === 408 ? 'ERR_HTTP_REQUEST_TIMEOUT' : (CODES.get(problem) ?? 'HPE_INTERNAL');
  const error = new Error(problem.status === 408 ? 'Request timeout' : `Parse Error: ${problem.message}`);
  return Object.assign(error, {
    code,
    reason: problem.message,
    bytesParsed: 0,
    rawPacket: Buffer.from(received),
  });
}
