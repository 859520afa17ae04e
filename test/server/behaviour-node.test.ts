// The server's behaviour on Node's own sockets, as on macOS and Windows.

import { nodeBackend } from './behaviour/sockets.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

testServerBehaviour(nodeBackend);
