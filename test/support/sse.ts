/** A client of server-sent events for tests, which reads them as the WHATWG specification says, and may stop reading. */
import { get, type IncomingMessage } from 'node:http';

export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

export class EventClient {
  readonly events: SentEvent[] = [];
  /** As a browser would send it when it comes again. */
  lastEventId = '';
  retry: number | undefined;
  comments = 0;
  /** Whether the server ended the stream; a connection that broke is an end too, with `ended` false. */
  ended = false;
  readonly closed: Promise<void>;
  private buffer = '';
  private wake = (): void => undefined;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (text: string) => this.take(text));
    response.on('end', () => (this.ended = response.complete));
    response.on('error', () => undefined);
    this.closed = new Promise((resolve) => response.once('close', resolve));
    response.once('close', () => this.wake());
  }

  /** Resolves when the head of the answer is there, whatever it says. */
  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => resolve(new EventClient(response))).once('error', reject);
    });
  }

  /** Resolves when the condition holds; rejects when the stream is over and it does not. */
  async until(holds: (client: this) => boolean): Promise<this> {
    while (!holds(this)) {
      if (this.response.closed) throw new Error(`the stream ended after ${this.events.length} events`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this;
  }

  get positions(): number[] {
    return this.events.map(({ id }) => Number(id));
  }

  close(): Promise<void> {
    this.response.destroy();
    return this.closed;
  }

  private take(text: string): void {
    this.buffer += text;
    const blocks = this.buffer.split('\n\n');
    this.buffer = blocks.pop()!;
    for (const block of blocks) this.dispatch(block);
    this.wake();
  }

  private dispatch(block: string): void {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
      if (field === '') this.comments++;
      else if (field === 'id') this.lastEventId = value!;
      else if (field === 'event') type = value!;
      else if (field === 'data') data.push(value!);
      else if (field === 'retry') this.retry = Number(value);
      else throw new Error(`no field of an event: ${line}`);
    }
    if (data.length > 0) this.events.push({ id: this.lastEventId, type, data: data.join('\n') });
  }
}
