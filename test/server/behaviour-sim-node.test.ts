// The server's behaviour through the interface of node:http, on the simulated kernel.

import { nodeApp } from '../../src/app/index.ts';
import type { Backend } from './behaviour/backend.ts';
import { nodeServer } from './behaviour/node-interface.ts';
import { openSite, simBackend } from './behaviour/sim.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

const backend: Backend = {
  name: 'the simulated kernel, through (req, res)',
  capabilities: new Set([...simBackend.capabilities].filter((one) => one !== 'fetch')),
  staying: 'keep-alive',
  open: (handler, options) => Promise.resolve(openSite(nodeApp(nodeServer(handler)), options)),
};

testServerBehaviour(backend);
