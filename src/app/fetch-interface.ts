// The fetch interface, loaded where it is used: it stands on the platform's `Request` and `Response`, which Node makes in
// 40 ms when they are first read, and a program for `node:http` has no use for them.

export function fetchInterface(): Promise<typeof import('./fetch/index.ts')> {
  return import('./fetch/index.ts');
}
