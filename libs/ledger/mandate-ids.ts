/**
 * Names of what the mandate's engine does, derived from what it does it to: the same history sends the same commands under the same ids, however often it is run,
 * so that a second run is answered with the first one's results.
 */
import { formatInstant, type Instant } from '../domain/instant';
import { uuidv5 } from '../store/uuid';

/** Of every id that is derived here. */
const NAMESPACE = '6b0f6a52-3f0c-5c1e-9d55-6f3f7e0f4d21';

/** What the engine does at an instant. */
export type EngineStep = 'funding' | 'accrual' | 'rebalance';

/** The id of a command that is sent at most once about a subject: an instrument, or a portfolio. */
export function derivedCommandId(subject: string, what: string): string {
  return uuidv5(NAMESPACE, `${subject}/${what}`);
}

export function stepCommandId(portfolioId: string, step: EngineStep, at: Instant): string {
  return derivedCommandId(portfolioId, `${step}/${formatInstant(at)}`);
}

/** The id of the first event of a command. */
export function firstEventId(commandId: string): string {
  return uuidv5(commandId, '0');
}

/** r-20200313T021700Z */
export function rebalanceIdAt(at: Instant): string {
  return `r-${formatInstant(at).replace(/[-:]/g, '')}`;
}
