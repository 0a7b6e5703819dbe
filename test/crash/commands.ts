/** The endless sequence of commands that crash tests record: single events in three streams and, every seventh, a bulk one. */
import type { AppendRequest } from '../../libs/store/port';
import { request } from '../support/events';

const STREAMS = ['bulk', 's0', 's1', 's2'];

function shape(index: number): { stream: string; count: number } {
  return index % 7 === 0 ? { stream: 'bulk', count: 300 } : { stream: STREAMS[1 + (index % 3)]!, count: 1 };
}

/** Makes the commands one after the other, from the first; each expects the revision at which the ones before leave its stream. */
export class Commands {
  readonly made: { readonly stream: string; readonly count: number }[] = [];
  private readonly heads = new Map<string, number>();

  next(): AppendRequest {
    const index = this.made.length;
    const { stream, count } = this.skip();
    return request(`command ${index}`, stream, this.heads.get(stream)! - count, count);
  }

  /** Goes past a command that is recorded already. */
  skip(): { stream: string; count: number } {
    const { stream, count } = shape(this.made.length);
    this.heads.set(stream, (this.heads.get(stream) ?? -1) + count);
    this.made.push({ stream, count });
    return { stream, count };
  }
}
