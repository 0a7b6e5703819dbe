/**
 * The server's figures for Prometheus. Invariant: the number of series is bounded by what the program has: codes, routes and their methods, statuses. Deliberately absent:
 * figures by caller, portfolio or raw path.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Ledger } from '../../../libs/ledger/ledger';
import { PROBLEMS } from '../../../libs/ledger/problem';
import type { Lasting } from '../lasting';
import { HTTP_PROBLEMS } from '../problems';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NANOS = 1e9;

export class Metrics {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly appendSeconds = new Histogram({
    name: 'navledger_append_seconds',
    help: 'How long appends to the store took until they were durable.',
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly appendEvents = new Histogram({
    name: 'navledger_append_events',
    help: 'Events that one append made durable.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
    registers: this.registers,
  });
  private readonly appendFailures = new Counter({
    name: 'navledger_append_failures_total',
    help: 'Appends that the store did not take.',
    registers: this.registers,
  });
  private readonly problems = new Counter({
    name: 'navledger_problems_total',
    help: 'Problems answered, by their code.',
    labelNames: ['code'],
    registers: this.registers,
  });
  private readonly requestSeconds = new Histogram({
    name: 'navledger_http_request_seconds',
    help: 'How long requests took, by the pattern of their route.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: this.registers,
  });

  constructor(ledger: Ledger, lasting: Lasting) {
    const { registers } = this;
    new Gauge({
      name: 'navledger_http_open_streams',
      help: 'Event streams that are open.',
      registers,
      collect() {
        this.set(lasting.count('stream'));
      },
    });
    new Gauge({
      name: 'navledger_projection_lag_events',
      help: 'Events that the store has and the read model has not.',
      registers,
      collect() {
        this.set(ledger.lag());
      },
    });
    new Gauge({
      name: 'navledger_log_position',
      help: 'Position of the last event of the log, -1 when there is none.',
      registers,
      collect() {
        this.set(ledger.store.head().position);
      },
    });
    const { store } = ledger;
    if (store.following) {
      new Gauge({
        name: 'navledger_store_behind_seconds',
        help: "For how long the server's log has not been followed to its end; 0 when it is.",
        registers,
        collect() {
          const { live, since } = store.following!();
          this.set(live ? 0 : (Date.now() - since!) / 1000);
        },
      });
    }
    // A series that was never there cannot be seen to rise.
    for (const code of Object.keys({ ...PROBLEMS, ...HTTP_PROBLEMS })) this.problems.inc({ code }, 0);
    collectDefaultMetrics({ register: this.registry });
  }

  appended(events: number, nanos: bigint): void {
    this.appendSeconds.observe(Number(nanos) / NANOS);
    this.appendEvents.observe(events);
  }

  appendFailed(): void {
    this.appendFailures.inc();
  }

  problem(code: string): void {
    this.problems.inc({ code });
  }

  answered(method: string, route: string, status: string, seconds: number): void {
    this.requestSeconds.observe({ method, route, status }, seconds);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
