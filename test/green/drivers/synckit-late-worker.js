// Another worker of synckit.test.ts: synckit makes one function for each file.
import './synckit-worker.js';
