/** The log: one JSON object a line. What goes into it is named where it is written; headers, bodies, queries and raw paths never do. */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../settings';

export type { Logger };

/** `to`: stderr by default, written without waiting; what is left is written when the process exits. */
export function openLog(level: LogLevel, to?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, to ?? pino.destination({ fd: 2, sync: false }));
}
