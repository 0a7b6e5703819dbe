/** The condition of a server: whether it can do its work now, and the fault after which this process cannot know what is in its store. */
import type { Ledger } from '../../../libs/ledger/ledger';
import { faultOf } from '../../../libs/ledger/problem';

export type State = 'ready' | 'stopping' | 'in-doubt' | 'behind' | 'cut-off';

/** A server's log need not be followed all the time: leaders change. */
const CUT_OFF_MILLIS = 10_000;

export class Condition {
  stopping = false;
  /** Resolves with the error after which this process can answer nothing more: of an append to its own log that is there or not, or of a server's log that cannot be followed. */
  readonly doubt: Promise<Error>;
  private doubted = false;
  private tell!: (error: Error) => void;

  constructor(private readonly ledger: Ledger) {
    this.doubt = new Promise((resolve) => (this.tell = resolve));
    void ledger.store.failed?.then((error) => this.end(error));
  }

  failed(error: unknown): void {
    // What became of an append to a server's log shows when it is sent again.
    if (faultOf(error) === 'in-doubt' && !this.ledger.store.following) this.end(error as Error);
  }

  /** Asking makes a model that is behind read on. */
  state(): State {
    if (this.doubted) return 'in-doubt';
    if (this.stopping) return 'stopping';
    const { live, since } = this.ledger.store.following?.() ?? { live: true };
    if (!live && Date.now() - since! > CUT_OFF_MILLIS) return 'cut-off';
    if (this.ledger.lag() === 0) return 'ready';
    this.ledger.ask(() => undefined).catch(() => undefined);
    return 'behind';
  }

  private end(error: Error): void {
    this.doubted = true;
    this.tell(error);
  }
}
