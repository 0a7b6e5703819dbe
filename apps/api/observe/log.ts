/** The log: one JSON object a line. What goes into it is named where it is written; headers, bodies, queries and raw paths never do. */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../settings';

export type { Logger };

const WRITTEN_EVERY_MILLIS = 200;
const BUFFER_BYTES = 8192;
/** Of lines that nobody reads; further ones are dropped. */
const MOST_BYTES = 16 << 20;

/** `to`: stderr by default, written a few times a second or when there is much; what is left is written when the process exits. */
export function openLog(level: LogLevel, to?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (to) return pino(options, to);
  const written = { minLength: BUFFER_BYTES, maxLength: MOST_BYTES, periodicFlush: WRITTEN_EVERY_MILLIS };
  return pino(options, pino.destination({ fd: 2, sync: false, ...written }));
}
