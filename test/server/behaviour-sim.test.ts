// The server's behaviour on the simulated kernel: virtual time, no sockets.

import { simBackend } from './behaviour/sim.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

testServerBehaviour(simBackend);
