// The server's behaviour on Node's own sockets, as on macOS and Windows.

import { fetchBackend, nodeInterfaceBackend } from './behaviour/sockets.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

testServerBehaviour(fetchBackend('node'));
testServerBehaviour(nodeInterfaceBackend('node'));
