// JavaScript from TypeScript, as Node makes it when it loads a file. Node warns that the function is experimental; nobody who
// serves an app in TypeScript has asked for it, or can do anything about it.

import { stripTypeScriptTypes } from 'node:module';
import process from 'node:process';

/** `source` without its types; everything else stays where it is. */
export function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
