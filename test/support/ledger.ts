/** A ledger in memory for tests, with a clock that the test may set, and commands given as name and data. */
import { isRefusal, type Refusal } from '../../libs/domain/refusal';
import { envelope } from '../../libs/ledger/envelope';
import { Ledger } from '../../libs/ledger/ledger';
import { type Answer, concluded } from '../../libs/ledger/outcomes';
import { ReadModel } from '../../libs/ledger/read-model';
import type { View } from '../../libs/projections/view';
import { MemoryStore } from '../../libs/store/memory';
import type { EventStore } from '../../libs/store/port';

export async function memoryLedger(store: EventStore = new MemoryStore()): Promise<Ledger> {
  return new Ledger(store, await ReadModel.open(store), { actor: 'tester' });
}

/** Sends one command; answers what `record` would, or the refusal. */
export async function send(
  ledger: Ledger,
  name: string,
  data: object,
  commandId?: string,
  expectedRevision?: string,
): Promise<Answer | Refusal> {
  const read = envelope(name, data, commandId, expectedRevision);
  if (isRefusal(read)) return read;
  return concluded(await ledger.submit(read));
}

/** Sends commands that must be recorded. */
export async function given(ledger: Ledger, ...commands: readonly (readonly [name: string, data: object])[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [name, data] of commands) {
    const answer = await send(ledger, name, data);
    if (isRefusal(answer)) throw new Error(`${name} was refused: ${JSON.stringify(answer)}`);
    answers.push(answer);
  }
  return answers;
}

export async function viewOf(ledger: Ledger, portfolioId: string, knownAt?: bigint): Promise<View> {
  const view = await ledger.ask((model) => model.view(portfolioId, knownAt));
  if (isRefusal(view)) throw new Error(JSON.stringify(view));
  return view;
}
