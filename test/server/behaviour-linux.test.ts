// The server's behaviour on real sockets, through the Linux kernel.

import { fetchBackend, nodeInterfaceBackend } from './behaviour/sockets.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

testServerBehaviour(fetchBackend('linux'));
testServerBehaviour(nodeInterfaceBackend('linux'));
