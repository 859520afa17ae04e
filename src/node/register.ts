// `node --import siskin/register server.js`: every `http.createServer(...).listen()` of the program is served by our engine.
// Settings come from the environment, `SISKIN_*`.

import { Server } from 'node:http';
import { resolveSettings } from '../config/index.ts';
import { CONSOLE_LOGGER } from '../server/index.ts';
import { intercept } from './intercept.ts';
import { configure } from './runtime.ts';

const { settings, origins, warnings } = await resolveSettings({ env: process.env });
for (const warning of warnings) CONSOLE_LOGGER.warn({}, warning);
// A `PORT` is the program's to read; only an address meant for us overrides the one that it asks for.
const given = origins.bind.kind === 'environment' && origins.bind.name !== 'PORT';
configure({ settings, log: CONSOLE_LOGGER, ...(given && { bind: settings.bind }) });
intercept(Server.prototype);
