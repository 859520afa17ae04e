// What is logged, and how it looks: for people on a terminal, as JSON elsewhere; on pino.

export type { Logger } from '../server/index.ts';
export { type AccessLog, createAccessLog } from './access-log.ts';
export {
  createLogger,
  ignoreBrokenPipes,
  isHuman,
  type LogFormat,
  type LogSink,
  processLogger,
} from './logger.ts';
