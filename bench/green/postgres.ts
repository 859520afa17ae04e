// Half of the waiting in PostgreSQL, through pg-native: with the driver it suspends, without it blocks.

import { postgresCommand, untilPostgres } from '../../examples/green/postgres.ts';
import { start } from '../children.ts';
import { makeScratch } from '../main.ts';
import type { Row } from '../rows.ts';
import { requireTools } from '../tools.ts';
import { ab } from './ab.ts';
import { type Program, serve, startApi, using } from './programs.ts';

const PATH = '/?delay=1';
const DRIVER = ['--green-driver', 'pg-native'];

export async function postgres(): Promise<Row[]> {
  requireTools('ab');
  const folder = makeScratch();
  start(postgresCommand(folder), { stdio: ['ignore', 'ignore', 'inherit'] });
  const database = await untilPostgres(folder);
  const { api, env } = await startApi();
  const served = (flags: readonly string[]): Promise<Program> =>
    serve('app-postgres.js', ['--worker-class', 'green', ...flags], { ...env, DATABASE: database });
  return using([api], async () => {
    const few = { requests: 10, clients: 5 };
    const blocking = await served([]);
    const without = await using([blocking], () => ab(blocking.port, PATH, few));
    const suspending = await served(DRIVER);
    return using([suspending], async () => {
      const withDriver = await ab(suspending.port, PATH, few);
      const many = { requests: 400, clients: 100 };
      const direct = await ab(api.port, PATH, many);
      const pooled = await ab(suspending.port, PATH, many);
      return [
        {
          what: 'half in PostgreSQL, -n 10 -c 5, with the driver',
          bar: '<= 3.2 s',
          is: `${withDriver.seconds.toFixed(2)} s, ${withDriver.failed} failed`,
          reached: withDriver.seconds <= 3.2 && withDriver.failed === 0,
        },
        {
          what: '  without',
          bar: '>= 5 s',
          is: `${without.seconds.toFixed(2)} s`,
          reached: without.seconds >= 5,
        },
        {
          what: '  with, -n 400 -c 100',
          bar: '>= 92% of direct',
          is: `${((pooled.perSecond / direct.perSecond) * 100).toFixed(1)}%, ${pooled.failed} failed`,
          reached: pooled.perSecond >= 0.92 * direct.perSecond && pooled.failed === 0,
        },
      ];
    });
  });
}
