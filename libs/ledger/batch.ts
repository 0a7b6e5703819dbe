/**
 * Commands that are recorded in one commit: deciding them one on the other, and what each is answered. An id that comes twice is one command. Deliberately absent: appending,
 * and the ids that came before the batch.
 */
import type { AppendResult } from '../store/port';
import { contentDigest, type Envelope } from './envelope';
import { type Accepted, type Answer, answerOf, type Decided, quiet, type Refused, reusedId } from './outcomes';

export type Step = Decided | Accepted | Refused;

export async function decideEach(envelopes: readonly Envelope[], decideOne: (envelope: Envelope) => Promise<Step>): Promise<Step[]> {
  const steps: Step[] = [];
  const ids = new Map<string, Decided>();
  for (const envelope of envelopes) {
    const step = repeatedWithin(ids, envelope) ?? (await decideOne(envelope));
    if ('request' in step) ids.set(step.commandId, step);
    steps.push(step);
  }
  return steps;
}

/** The outcomes of a batch of which nothing is recorded. */
export function notRecorded(steps: readonly Step[]): (Accepted | Refused)[] {
  return steps.map((step) => ('request' in step ? quiet({ ...step, recorded: Promise.reject(new Error('not recorded')) }) : step));
}

/** The outcomes of a batch without refusals. `results`: of those that were decided, in order. */
export function recordedTogether(steps: readonly Step[], results: Promise<AppendResult[]>): (Accepted | Refused)[] {
  let index = 0;
  const answers = new Map<string, Promise<Answer>>();
  return steps.map((step) => {
    if (!('request' in step)) return 'refusal' in step ? step : { ...step, recorded: answers.get(step.commandId) ?? step.recorded };
    const i = index++;
    const recorded = results.then((all) => answerOf(step.commandId, all[i]!));
    const again = recorded.then((answer): Answer => ({ ...answer, status: 'duplicate' }));
    answers.set(step.commandId, again);
    again.catch(() => undefined);
    return quiet({ ...step, recorded });
  });
}

/** The outcome for an id that came before in the same batch; its answer is the first one's. */
function repeatedWithin(ids: ReadonlyMap<string, Decided>, { command, commandId }: Envelope): Accepted | Refused | undefined {
  const before = commandId === undefined ? undefined : ids.get(commandId);
  if (!before) return undefined;
  const { stream } = before;
  if (before.request.digest !== contentDigest(command)) return reusedId(before.commandId, stream);
  return quiet({ commandId: before.commandId, stream, events: [], recorded: Promise.reject(new Error('not recorded')) });
}
