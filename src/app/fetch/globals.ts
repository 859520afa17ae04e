// Puts the light classes in the place of the platform's, so that `new Response()` in an unchanged app is the light one.
// `fetch` and `new Request()` then take light objects as well; what `fetch` returns stays the platform's.

import { LightHeaders } from './headers.ts';
import { NativeRequest } from './native.ts';
import { isLightRequest, nativeInit, nativeRequest, Request } from './request.ts';
import { LightResponse } from './response.ts';

type Fetch = typeof globalThis.fetch;

let installations = 0;
let restore: (() => void) | undefined;

/**
 * Replaces `Request`, `Response`, `Headers` and `fetch` on `globalThis`. Installing again changes nothing.
 *
 * @returns The undo: the last of as many calls as there were installations brings the platform's own back, but for what
 * somebody else has replaced since.
 */
export function installFetchGlobals(): () => void {
  installations++;
  restore ??= install();
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    installations--;
    if (installations > 0) return;
    restore?.();
    restore = undefined;
  };
}

function install(): () => void {
  const undo = [
    replace(globalThis, 'Headers', LightHeaders),
    replace(globalThis, 'Response', LightResponse),
    replace(globalThis, 'Request', Request),
    replace(globalThis, 'fetch', wrapFetch(globalThis.fetch)),
    // The platform's prototype is `Request.prototype`, too: `request.constructor === Request`.
    replace(NativeRequest.prototype, 'constructor', Request),
  ];
  return () => {
    for (const step of undo) step();
  };
}

function wrapFetch(platformFetch: Fetch): Fetch {
  return function fetch(this: unknown, input, init = undefined) {
    if (!isLightRequest(input) && !isLightRequest(init)) {
      return Reflect.apply(platformFetch, this, [input, init]);
    }
    try {
      const options = nativeInit(init);
      const given = isLightRequest(input) ? nativeRequest(input, options?.body == null) : input;
      return Reflect.apply(platformFetch, this, [given, options]);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)!;
  Object.defineProperty(target, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: before.enumerable!,
  });
  return () => {
    if (Reflect.get(target, name) === value) Object.defineProperty(target, name, before);
  };
}
