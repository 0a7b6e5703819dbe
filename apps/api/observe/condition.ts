/** The condition of a server: whether it can do its work now, and the fault after which this process cannot know what is in its store. */
import type { Ledger } from '../../../libs/ledger/ledger';
import { faultOf } from '../../../libs/ledger/problem';

export type State = 'ready' | 'stopping' | 'in-doubt' | 'behind';

export class Condition {
  stopping = false;
  /** Resolves with the error of an append that is in the log or not: only a process that opens the store again can know. */
  readonly doubt: Promise<Error>;
  private doubted = false;
  private tell!: (error: Error) => void;

  constructor(private readonly ledger: Ledger) {
    this.doubt = new Promise((resolve) => (this.tell = resolve));
  }

  failed(error: unknown): void {
    if (faultOf(error) !== 'in-doubt') return;
    this.doubted = true;
    this.tell(error as Error);
  }

  /** Asking makes a model that is behind read on. */
  state(): State {
    if (this.doubted) return 'in-doubt';
    if (this.stopping) return 'stopping';
    if (this.ledger.lag() === 0) return 'ready';
    this.ledger.ask(() => undefined).catch(() => undefined);
    return 'behind';
  }
}
