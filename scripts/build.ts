// Makes `dist/` of `src/`: `npm run build`. Types by TypeScript, one file for each source; JavaScript by `bundle.ts`.

import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, MANIFEST, ROOT } from './bundle.ts';

const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
await bundle(DIST);
for (const target of Object.values(MANIFEST.bin)) chmodSync(join(ROOT, target), 0o755);
