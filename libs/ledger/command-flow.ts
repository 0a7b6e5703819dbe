/**
 * Commands one after the other without waiting for the disk at each: a command is sent when the one before is decided, while earlier ones are made durable behind
 * it. Invariant: when `settled` resolves, everything sent is durable; the first failure is thrown by whichever call meets it.
 */
import { RefusalError } from '../domain/refusal';
import type { Envelope } from './envelope';
import type { Accepted, Answer, Refused } from './outcomes';

/** Commands decided here and not yet known to be durable. */
const IN_FLIGHT = 2048;
/** Deciding runs in microtasks: timers, signals and the disk get a turn after this many. */
const TURN = 64;

export class CommandFlow {
  private waiting: Promise<Answer>[] = [];
  private sent = 0;

  constructor(private readonly submit: (envelope: Envelope) => Promise<Accepted | Refused>) {}

  /** Resolves once the command is decided. Throws RefusalError when it is refused, and what made an earlier one fail. */
  async send(envelope: Envelope): Promise<Accepted> {
    if (++this.sent % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const outcome = await this.submit(envelope);
    if ('refusal' in outcome) throw new RefusalError(outcome.refusal);
    this.waiting.push(outcome.recorded);
    if (this.waiting.length >= IN_FLIGHT) await Promise.all(this.waiting.splice(0, IN_FLIGHT - TURN));
    return outcome;
  }

  async settled(): Promise<void> {
    await Promise.all(this.waiting.splice(0));
  }
}
