// The same in a container and under systemd. What differs between places is said in the environment, which wins over
// this file: WEB_CONCURRENCY, SISKIN_*, and the sockets that systemd passes on.

import { defineConfig } from 'siskin';

export default defineConfig({
  app: 'app.ts',
  bind: ':8000',
  // A worker serves, and a reload lets the old one go, when this path answers 2xx.
  readyPath: '/readyz',
  // TimeoutStopSec and terminationGracePeriodSeconds are longer.
  gracefulTimeout: '30s',
  accessLog: true,
});
