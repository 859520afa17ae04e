// The server's behaviour on real sockets, through the Linux kernel.

import { linuxBackend } from './behaviour/sockets.ts';
import { testServerBehaviour } from './behaviour/suite.ts';

testServerBehaviour(linuxBackend);
