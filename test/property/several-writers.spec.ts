/**
 * Several ledgers over one log that they all write to: whatever comes between, what was acknowledged is in the log once, every ledger answers as the log says, and what was
 * decided or refused is what a ledger alone would have decided on a beginning of that log.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../libs/domain/commands';
import { formatInstant, instant } from '../../libs/domain/instant';
import { isRefusal, type Refusal } from '../../libs/domain/refusal';
import { decide } from '../../libs/ledger/decider';
import { contentDigest, envelope, type Envelope, withId } from '../../libs/ledger/envelope';
import { Ledger } from '../../libs/ledger/ledger';
import { type Accepted, type Answer, concluded, type Refused } from '../../libs/ledger/outcomes';
import { ReadModel } from '../../libs/ledger/read-model';
import { streamOf } from '../../libs/ledger/streams';
import { attributionAnswer } from '../../libs/projections/attribution';
import { navAnswer } from '../../libs/projections/nav';
import { decode } from '../../libs/store/frame';
import { StoreError, type StoredEvent } from '../../libs/store/port';
import { given } from '../support/ledger';
import { cases, Random, runSeed } from '../support/random';
import { SharedLog, type SharedView } from '../support/shared-log';

const NOW = instant('2024-05-01T00:00:00Z');
const BEGIN = instant('2024-03-01T00:00:00Z');
const HOUR = 3_600_000_000_000n;
const HOURS = 48;
const OPTIONS = { actor: 'tester', clock: () => NOW };
const FUNDS = ['one', 'two'];
const COINS = ['coin', 'gold'];
const coinOf = (fund: string): string => COINS[FUNDS.indexOf(fund)]!;

const hour = (n: number): string => formatInstant(BEGIN + BigInt(n) * HOUR);
const SETUP: [string, object][] = FUNDS.flatMap((portfolioId): [string, object][] => {
  const instrumentId = coinOf(portfolioId);
  const terms = { name: 'Fund', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId, targetLeverage: '2' };
  const rule = {
    kind: 'management',
    trigger: 'at_reset',
    basis: 'nav',
    rate: { value: '0.5', unit: 'fraction', period: 'year' },
    dayCount: 'ACT/365',
  };
  return [
    ['ListInstrument', { instrumentId, kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 3 }],
    ['RecordPrice', { instrumentId, price: '100.00', at: hour(0), source: 'test' }],
    ['OpenPortfolio', { portfolioId, ...terms, at: hour(0) }],
    ['AdoptFeeSchedule', { portfolioId, at: hour(0), schedule: { id: 's', version: '1', rules: [rule] } }],
    ['CreateUnits', { portfolioId, units: '10.00', cash: '1000.00', at: hour(0) }],
  ];
});

interface Attempt {
  readonly process: Process;
  readonly envelope: Envelope;
  readonly commandId: string;
  /** Last position that was acknowledged to whoever sent it. */
  readonly after: number;
  /** Log position when it was answered. */
  readonly answered: number;
  readonly batch: boolean;
  readonly outcome: Answer | Refusal | StoreError;
}

interface Process {
  readonly ledger: Ledger;
  readonly view: SharedView;
  acknowledged: number;
}

class Run {
  readonly shared = new SharedLog(() => NOW);
  readonly processes: Process[] = [];
  readonly attempts: Attempt[] = [];
  private ids = 0;

  constructor(readonly random: Random) {}

  async start(): Promise<void> {
    const { random, shared } = this;
    await given(new Ledger(shared.view(), await ReadModel.open(shared.view()), OPTIONS), ...SETUP);
    const often = random.pick([4, 8, 0]);
    const mishaps = { unplaced: often, blind: often, doubt: random.pick([0, 15]) };
    for (let n = random.between(2, 4); n > 0; n--) {
      const view = shared.view(random, mishaps);
      this.processes.push({ view, ledger: new Ledger(view, await ReadModel.open(view), OPTIONS), acknowledged: view.head().position });
    }
  }

  async write(): Promise<void> {
    let over = false;
    const seeing = (async () => {
      for (; !over; await new Promise((resolve) => setImmediate(resolve))) this.random.pick(this.processes).view.advance();
    })();
    await Promise.all(this.processes.flatMap((process) => [1, 2, 3].slice(this.random.below(3)).map(() => this.caller(process))));
    over = true;
    await seeing;
    for (const { view } of this.processes) view.advance(Infinity);
  }

  /** One client, which sends some commands at a time. */
  private async caller(process: Process): Promise<void> {
    const { random } = this;
    for (let steps = random.between(3, 7); steps > 0; steps--) {
      if (random.oneIn(6)) await this.sendAll(process, [this.command(process), this.command(process), this.command(process)]);
      else await Promise.all(Array.from({ length: random.pick([1, 1, 2, 4]) }, () => this.send(process, this.command(process))));
      if (random.oneIn(3)) await sleep(random.below(4));
      if (random.oneIn(3)) await process.ledger.askAbout(random.pick(FUNDS), undefined, (view) => navAnswer(view, BEGIN + 9n * HOUR));
    }
  }

  private async send(process: Process, sent: Envelope): Promise<void> {
    const after = process.acknowledged;
    await this.note(process, sent, after, process.ledger.submit(sent), false);
    const { outcome } = this.attempts.at(-1)!;
    // As a client would: the same again, perhaps elsewhere, while it is not known.
    if (outcome instanceof StoreError && outcome.fault === 'in-doubt' && !this.random.oneIn(3)) {
      await this.send(this.random.pick(this.processes), sent);
    }
  }

  private async sendAll(process: Process, all: Envelope[]): Promise<void> {
    const after = process.acknowledged;
    const outcomes = await process.ledger.submitAll(all);
    const refused = outcomes.some((outcome) => 'refusal' in outcome);
    for (const [i, outcome] of outcomes.entries()) {
      if (refused && 'recorded' in outcome) continue;
      await this.note(process, all[i]!, after, Promise.resolve(outcome), true);
    }
  }

  private async note(process: Process, sent: Envelope, after: number, sending: Promise<Accepted | Refused>, batch: boolean): Promise<void> {
    let outcome: Attempt['outcome'];
    try {
      outcome = await concluded(await sending);
      if ('position' in outcome) process.acknowledged = Math.max(process.acknowledged, Number(outcome.position ?? -1));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      outcome = error;
    }
    const answered = this.shared.log.head().position;
    this.attempts.push({ process, envelope: sent, commandId: sent.commandId!, after, answered, batch, outcome });
  }

  private command(process: Process): Envelope {
    const { random } = this;
    // Sent before, by anybody; now and then with other data.
    const earlier = random.oneIn(8) && this.attempts.length > 0 ? random.pick(this.attempts) : undefined;
    if (earlier && !random.oneIn(4)) return earlier.envelope;
    const [name, data] = this.idea();
    const stream = streamOf({ name, data } as unknown as Command);
    const expected = random.oneIn(10) ? String(process.view.streamHead(stream)) : undefined;
    const id = earlier?.commandId ?? `00000000-0000-4000-8000-${String(this.ids++).padStart(12, '0')}`;
    const made = envelope(name, data, id, expected);
    if (isRefusal(made)) throw new Error(JSON.stringify({ made, name, data }));
    return made;
  }

  private idea(): [name: string, data: Record<string, unknown>] {
    const { random } = this;
    const portfolioId = random.pick(FUNDS);
    const instrumentId = coinOf(portfolioId);
    const at = hour(random.between(1, HOURS));
    const price = `${random.between(60, 160)}.00`;
    const events = (type: RegExp): string[] =>
      this.attempts.flatMap(({ envelope: { command }, outcome }) =>
        'eventIds' in outcome &&
        type.test(command.name) &&
        Object.values(command.data).includes(/Price/.test(command.name) ? instrumentId : portfolioId)
          ? outcome.eventIds
          : [],
      );
    switch (
      random.weighted({ price: 6, correctPrice: 2, create: 2, redeem: 3, rebalance: 4, fee: 4, rate: 2, interest: 2, accrue: 2, bust: 2 })
    ) {
      case 'price':
        return ['RecordPrice', { instrumentId, price, at, source: 'test' }];
      case 'correctPrice': {
        const corrects = random.pick([...events(/^RecordPrice/), '00000000-0000-4000-9000-000000000000']);
        return ['CorrectPrice', { instrumentId, corrects, price, reason: 'test' }];
      }
      case 'create':
        return ['CreateUnits', { portfolioId, units: `${random.between(1, 5)}.00`, cash: '300.00', at }];
      case 'redeem':
        return ['RedeemUnits', { portfolioId, units: `${random.between(2, 8)}.00`, cash: '300.00', at }];
      case 'rebalance': {
        const rebalanceId = `r${random.below(30)}`;
        const fill = { fillId: `${rebalanceId}-1`, instrumentId, side: random.pick(['buy', 'sell']), quantity: '2.000', price };
        return ['ExecuteRebalance', { portfolioId, rebalanceId, reason: 'manual', at, fills: [fill] }];
      }
      case 'fee':
        return ['ChargeFee', { portfolioId, feeId: `f${random.below(30)}`, kind: 'other', amount: '1.00', at }];
      case 'rate':
        return ['ChargeFee', { portfolioId, feeId: `f${random.below(30)}`, kind: 'other', rateOfNav: '0.01', at, paidBy: 'units' }];
      case 'interest':
        return ['AccrueInterest', { portfolioId, amount: '0.50', at }];
      case 'accrue':
        return ['AccrueFees', { portfolioId, through: at }];
      case 'bust': {
        const corrects = random.pick([...events(/Units|Rebalance|Interest/), '00000000-0000-4000-9000-000000000000']);
        return ['CorrectFact', { portfolioId, corrects, reason: 'test' }];
      }
    }
  }

  /** What a ledger alone decides on the log up to a position. */
  async alone(sent: Envelope, position: number): ReturnType<typeof decide> {
    const view = this.shared.view(undefined, undefined, position);
    return decide(await ReadModel.open(view), withId(sent), contentDigest(sent.command), { actor: 'tester', now: NOW, allowedSkew: 0n });
  }

  async check(): Promise<{ refusals: number; overtaken: number }> {
    const { attempts, shared } = this;
    const { log } = shared;
    const events: StoredEvent[] = [];
    for await (const slice of log.readAll(0)) for (const frame of slice.frames()) events.push(decode(frame));
    const ids = shared.commands.map(({ firstPosition }) => events[firstPosition!]!.commandId);
    expect(ids).toHaveLength(new Set(ids).size);
    let refusals = 0;
    let overtaken = 0;
    for (const attempt of attempts) {
      const { envelope: sent, commandId, outcome, after, answered, batch } = attempt;
      const { command } = sent;
      const recorded = log.findCommand(commandId);
      const others = attempts.filter((other) => other.commandId === commandId && other !== attempt);
      if ('position' in outcome) {
        // Acknowledged: there as it was told.
        expect(recorded).toMatchObject({ digest: contentDigest(command), revision: Number(outcome.revision), eventIds: outcome.eventIds });
        expect(outcome.position === null || Number(outcome.position) === recorded!.position).toBe(true);
        if (outcome.status === 'duplicate' || batch || /Accrue|Correct/.test(command.name) || 'rateOfNav' in command.data) continue;
        // What depends on its own stream alone is what would have been decided at its place.
        const alone = await this.alone(sent, recorded!.firstPosition - 1);
        const told = events.slice(recorded!.firstPosition, recorded!.position + 1).map(({ data }) => withoutPrices(data));
        expect({ command, alone: 'request' in alone ? alone.request.events.map(({ data }) => withoutPrices(data)) : alone }).toEqual({
          command,
          alone: told,
        });
      } else if (isRefusal(outcome)) {
        refusals++;
        if (outcome.refused === 'ReusedCommandId') {
          expect({ commandId, digest: recorded?.digest }).not.toEqual({ commandId, digest: contentDigest(command) });
          if (!batch) expect(recorded).toBeDefined();
        } else if (others.length === 0) expect(recorded).toBeUndefined();
        if (batch || outcome.refused === 'ReusedCommandId') continue;
        const found: string[] = [];
        for (let p = answered; p >= after && !found.includes(outcome.refused); p--) {
          if (!shared.commands.some(({ position }) => position === p)) continue;
          const alone = await this.alone(sent, p);
          found.push('refusal' in alone ? alone.refusal.refused : 'recorded');
        }
        expect({ command, after, answered, outcome, found }).toEqual({
          command,
          after,
          answered,
          outcome,
          found: expect.arrayContaining([outcome.refused]),
        });
      } else {
        if (outcome.fault === 'conflict') overtaken++;
        expect(['conflict', 'in-doubt']).toContain(outcome.fault);
        if (outcome.fault === 'conflict' && others.length === 0) expect(recorded).toBeUndefined();
      }
    }
    await this.compareModels(events);
    return { refusals, overtaken };
  }

  private async compareModels(events: readonly StoredEvent[]): Promise<void> {
    const { shared, random, processes } = this;
    const anew = new Ledger(shared.view(), await ReadModel.open(shared.view()), OPTIONS);
    const answers = async (ledger: Ledger, known: bigint | undefined, at: bigint): Promise<unknown> => {
      const all = [await ledger.ask((model) => model.position)] as unknown[];
      for (const fund of FUNDS) {
        all.push(await ledger.askAbout(fund, known, (view) => navAnswer(view, at)));
        all.push(await ledger.askAbout(fund, known, (view) => attributionAnswer(view, BEGIN, at)));
      }
      return all;
    };
    for (let i = 0; i < 4; i++) {
      const known = i === 0 ? undefined : random.pick(events).recordedAt;
      const at = BEGIN + BigInt(random.between(1, HOURS + 1)) * HOUR;
      const expected = await answers(anew, known, at);
      for (const { ledger } of processes) expect(await answers(ledger, known, at)).toEqual(expected);
    }
  }
}

/** What was recorded, but what prices beside it made of it: of them a process knows what it has seen. */
function withoutPrices(data: string): unknown {
  const { navPerUnit: _, ...rest } = JSON.parse(data) as Record<string, unknown>;
  return rest;
}

test(`several ledgers write one log (${cases(200)} runs)`, async () => {
  const seed = runSeed('several writers');
  const sum = { attempts: 0, refusals: 0, overtaken: 0 };
  for (let i = 0; i < cases(200); i++) {
    const run = new Run(new Random(seed + i));
    try {
      await run.start();
      await run.write();
      const { refusals, overtaken } = await run.check();
      sum.attempts += run.attempts.length;
      sum.refusals += refusals;
      sum.overtaken += overtaken;
    } catch (error) {
      throw new Error(`run ${seed + i}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (process.env.NAVLEDGER_DEBUG) process.stdout.write(`${JSON.stringify(sum)}\n`);
  expect(sum.refusals).toBeGreaterThan(0);
  // Decided again, nearly all come through.
  expect(sum.overtaken).toBeLessThan(sum.attempts / 100);
}, 1_200_000);
