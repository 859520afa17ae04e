// A Response whose body is there as a whole, on its way to the exchange; and what its content-length is worth.

import type { HeaderList } from '../../http/index.ts';
import type { Exchange } from '../exchange.ts';
import { getField, indexOfField, withoutFields } from './fields.ts';

export const LENGTH = new Set(['content-length']);

/**
 * Answers in one call. The length of a body that is there is what it is, whatever an app has copied from the headers of
 * an upstream. A HEAD is answered without the body, so its length is what the app says, or not known: never 0.
 */
export function respondWhole(
  exchange: Exchange,
  status: number,
  reason: string,
  fields: HeaderList,
  body: string | Uint8Array | null,
): void {
  if (body === null && exchange.head.method === 'HEAD') {
    exchange.start(status, reason, fields, declaredLength(fields));
    exchange.end();
    return;
  }
  const claimed = indexOfField(fields, 'content-length') !== -1;
  exchange.respond(status, reason, claimed ? withoutFields(fields, LENGTH) : fields, body);
}

/** The content-length that an app gives its answer; -1 where there is none that makes sense. */
export function declaredLength(fields: HeaderList): number {
  const value = getField(fields, 'content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}
