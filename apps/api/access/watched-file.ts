/** A small file that others replace while this process runs: read once, and again when it has changed, which is looked for at most once a second. */
import { readFileSync, statSync } from 'node:fs';

const LOOK_EVERY_MILLIS = 1000;

export class WatchedFile<T> {
  private lookAt = -Infinity;
  private version: string | undefined;
  private value: T | undefined;
  private failure: Error | undefined;

  constructor(
    readonly path: string,
    private readonly parse: (text: string) => T,
  ) {}

  /** Undefined while there is no file. Throws what `parse` or the system throws, until the file can be read again. */
  current(): T | undefined {
    const now = performance.now();
    if (now >= this.lookAt) {
      this.lookAt = now + LOOK_EVERY_MILLIS;
      this.look();
    }
    if (this.failure !== undefined) throw this.failure;
    return this.value;
  }

  private look(): void {
    try {
      const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
      const version = stat && `${stat.ino} ${stat.ctimeNs} ${stat.size}`;
      if (version === this.version && this.failure === undefined) return;
      this.value = stat && this.parse(readFileSync(this.path, 'utf8'));
      this.version = version;
      this.failure = undefined;
    } catch (error) {
      this.failure = error as Error;
    }
  }
}
