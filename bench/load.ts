// Runs wrk against a server and reads what it counted. wrk's Lua scripts are written here, for a case's request.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './cases.ts';
import { LOAD_CORE, startOnCore } from './children.ts';

export interface LoadOptions {
  readonly port: number;
  readonly case: Case;
  readonly connections: number;
  readonly seconds: number;
  readonly scratch: string;
}

export interface LoadResult {
  /** Requests answered whole. */
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Connections that failed, timeouts, and answers other than 2xx and 3xx. */
  readonly errors: number;
}

/** Rejects when wrk fails or does not end in time. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const script = join(options.scratch, `${options.case.name}.lua`);
  writeFileSync(script, wrkScript(options.case));
  const url = `http://127.0.0.1:${options.port}${options.case.path}`;
  const command = ['wrk', '-t1', `-c${options.connections}`, `-d${options.seconds}`, '-s', script, url];
  const child = startOnCore(LOAD_CORE, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds + 20) * 1000);
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child, 'close');
  clearTimeout(timer);
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk ended without a result (code ${child.exitCode}):\n${output}`);
  const result = JSON.parse(line) as LoadResult;
  // wrk's own correction loses high percentiles of pipelined requests and says 0.
  return { ...result, p50: result.p50 || Number.NaN, p99: result.p99 || Number.NaN };
}

/** Lua's string escapes are those of JSON, for the printable ASCII that requests are made of. */
const luaString = (text: string) => JSON.stringify(text);

function wrkScript(it: Case): string {
  const lines = [`wrk.method = ${luaString(it.method)}`];
  for (const [name, value] of Object.entries(it.headers))
    lines.push(`wrk.headers[${luaString(name)}] = ${luaString(value)}`);
  if (it.body !== '') lines.push(`wrk.body = ${luaString(it.body)}`);
  if (it.pipeline > 1) {
    lines.push(
      'local batch',
      `init = function() batch = string.rep(wrk.format(nil, ${luaString(it.path)}), ${it.pipeline}) end`,
      'request = function() return batch end',
    );
  }
  // Latencies and the duration are in microseconds.
  lines.push(
    'done = function(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format(',
    `    '\\nRESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"errors":%d}\\n',`,
    '    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,',
    '    e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  );
  return `${lines.join('\n')}\n`;
}
