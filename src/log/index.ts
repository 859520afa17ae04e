// What is logged, and how it looks: for people on a terminal, as JSON elsewhere; on pino.

export type { Logger } from '../server/index.ts';
export type { AccessLog } from './access-log.ts';
export { LogFileError } from './file.ts';
export { escapeControls } from './human.ts';
export { ignoreLostOutput, type ProcessLogs, processLogs } from './logger.ts';
