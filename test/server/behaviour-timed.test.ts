// The server's behaviour on real sockets in virtual time: all of it on Node's, as on macOS and Windows, and what takes
// time on Linux's.

import { testServerBehaviour } from './behaviour/suite.ts';
import { timedFetchBackend, timedNodeInterfaceBackend } from './behaviour/timed-sockets.ts';

testServerBehaviour(timedFetchBackend('node'));
testServerBehaviour(timedNodeInterfaceBackend('node'));
testServerBehaviour(timedFetchBackend('linux'), ['deadlines', 'stopping']);
testServerBehaviour(timedNodeInterfaceBackend('linux'), ['deadlines', 'stopping']);
