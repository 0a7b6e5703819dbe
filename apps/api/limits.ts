/** What one request may use. */
export class Limits {
  constructor(
    /** Largest JSON body, and largest batch that is recorded as one, in bytes. */
    readonly bodyBytes: number,
    /** How long a question may be worked on. */
    readonly questionMillis: number,
    /** How long a client may take to send a JSON body, and how long it may pause in a batch. */
    readonly arrivalMillis: number,
  ) {}
}
