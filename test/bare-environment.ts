import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The environment of a child that shall inherit no setting: where programs are, and what of our sources is compiled. */
export const BARE_ENVIRONMENT: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'siskin-test-compile-cache'),
  // Nothing of a test stays where the servers of this machine are asked.
  SISKIN_CONTROL_SOCKET: 'none',
};
