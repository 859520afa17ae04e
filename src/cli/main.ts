#!/usr/bin/env node
// The command `siskin`. Nothing else is imported before Node is known to be new enough: see old-node.ts.

import { refuseOldNode } from './old-node.ts';

refuseOldNode();
import('./command.ts').then(({ runCommand }) => runCommand(process.argv.slice(2)));
