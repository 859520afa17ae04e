// Header fields on their way out: checked, and rendered to text once. The fields that say how a message is framed are
// taken out of the list on the way, since framing is settled by the encoders and not by who calls them.

import { fieldLine } from './field-line.ts';
import { LocalProtocolError } from './problem.ts';

/**
 * Fields, flat: `[name, value, name, value, ...]`, in the order in which they are sent. One character is one octet.
 * A frozen list is rendered once and remembered: worth it for a list that many responses share.
 */
export type HeaderList = readonly string[];

/** A list, rendered: the lines as text, and what the framing fields among them asked for. */
export interface RenderedHeaders {
  /** Field lines, each ended by CRLF, without the framing fields. */
  readonly text: string;
  /** The list's Content-Length, or -1. */
  readonly contentLength: number;
  /** The list has `Connection: close`. */
  readonly close: boolean;
  /** Other connection options, each preceded by `, `, but for `keep-alive`. */
  readonly options: string;
  readonly hasDate: boolean;
  /** The values of its Host fields: a request must have exactly one. */
  readonly hosts: readonly string[];
  /** The list is frozen: given again, it comes to this same object. */
  readonly remembered: boolean;
}

type Draft = { -readonly [Key in keyof RenderedHeaders]: RenderedHeaders[Key] };

type Handler = (draft: Draft, value: string, line: string) => void;

/** Fields that are not simply copied, by name in lower case. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'content-length': takeContentLength,
  'transfer-encoding': takeTransferEncoding,
  connection: takeConnection,
  // Ours to promise, since it is we who close idle connections.
  'keep-alive': () => {},
  date(draft, _value, line) {
    draft.hasDate = true;
    draft.text += line;
  },
  host(draft, value, line) {
    draft.hosts = [...draft.hosts, value.trim()];
    draft.text += line;
  },
};

/** The same by length, so that most names are told apart from these without being lowered. */
const HANDLED_LENGTH = new Uint8Array(256);
for (const name of Object.keys(HANDLERS)) HANDLED_LENGTH[name.length] = 1;

const NO_HOSTS: readonly string[] = [];

const REMEMBERED = 8;
const lists: (HeaderList | undefined)[] = new Array(REMEMBERED).fill(undefined);
const rendered: (RenderedHeaders | undefined)[] = new Array(REMEMBERED).fill(undefined);
let oldest = 0;

/** Renders `list`. Throws `LocalProtocolError` for a name or a value that HTTP does not allow. */
export function renderHeaders(list: HeaderList): RenderedHeaders {
  for (let i = 0; i < REMEMBERED; i++) {
    if (lists[i] === list) return rendered[i]!;
  }
  const draft: Draft = {
    text: '',
    contentLength: -1,
    close: false,
    options: '',
    hasDate: false,
    hosts: NO_HOSTS,
    remembered: Object.isFrozen(list),
  };
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!;
    const value = list[i + 1];
    if (value === undefined) {
      throw new LocalProtocolError(
        'ERR_HTTP_HEADER_LIST',
        `header "${name}" has no value: a list is name, value, ...`,
      );
    }
    const line = fieldLine(name, value);
    const handle = HANDLED_LENGTH[name.length] === 1 ? handlerOf(name) : undefined;
    if (handle === undefined) draft.text += line;
    else handle(draft, value, line);
  }
  if (draft.remembered) {
    lists[oldest] = list;
    rendered[oldest] = draft;
    oldest = (oldest + 1) % REMEMBERED;
  }
  return draft;
}

function handlerOf(name: string): Handler | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(HANDLERS, lower) ? HANDLERS[lower] : undefined;
}

function takeContentLength(draft: Draft, value: string): void {
  const length = /^\d+$/.test(value) ? Number(value) : -1;
  if (length < 0 || length > Number.MAX_SAFE_INTEGER) {
    throw new LocalProtocolError(
      'ERR_HTTP_CONTENT_LENGTH',
      `Content-Length must be a decimal number, not "${value}"`,
    );
  }
  if (draft.contentLength >= 0 && draft.contentLength !== length) {
    throw new LocalProtocolError(
      'ERR_HTTP_CONTENT_LENGTH',
      `Content-Length is given twice: ${draft.contentLength} and ${length}`,
    );
  }
  draft.contentLength = length;
}

/** Whether to send chunks is settled by the encoder; another coding could not be taken off a list unnoticed. */
function takeTransferEncoding(_draft: Draft, value: string): void {
  const coding = value.trim().toLowerCase();
  if (coding === 'chunked' || coding === 'identity' || coding === '') return;
  throw new LocalProtocolError(
    'ERR_HTTP_TRANSFER_ENCODING',
    `Transfer-Encoding: ${value} can't be sent: chunked is the only coding, and applied where it is needed`,
  );
}

function takeConnection(draft: Draft, value: string): void {
  for (const part of value.split(',')) {
    const option = part.trim();
    const lower = option.toLowerCase();
    if (lower === 'close') draft.close = true;
    else if (lower !== '' && lower !== 'keep-alive') draft.options += `, ${option}`;
  }
}
