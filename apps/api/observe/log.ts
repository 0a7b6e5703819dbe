/** The log: one JSON object a line. What goes into it is named where it is written; headers, bodies, queries and raw paths never do. */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../settings';

export type { Logger };

const WRITTEN_EVERY_MILLIS = 200;
/** What is not written yet is measured anew with each line: a larger buffer costs more than it saves. */
const BUFFER_BYTES = 2048;
/** Of lines that nobody reads; further ones are dropped. */
const MOST_BYTES = 16 << 20;

/** The time of a line as pino's own `isoTime` writes it, made once a millisecond. */
function isoTime(): () => string {
  let millis = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== millis) text = `,"time":"${new Date((millis = now)).toISOString()}"`;
    return text;
  };
}

/** `to`: stderr by default, written a few times a second or when there is much; what is left is written when the process exits. */
export function openLog(level: LogLevel, to?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (to) return pino(options, to);
  const written = { minLength: BUFFER_BYTES - 1, maxWrite: BUFFER_BYTES, maxLength: MOST_BYTES, periodicFlush: WRITTEN_EVERY_MILLIS };
  return pino(options, pino.destination({ fd: 2, sync: false, ...written }));
}
