/**
 * The shape of each command's data, as the border checks it and as it publishes it: one class a command; a field that is not here does not exist. Deliberately absent:
 * what needs the ledger's state or a calendar (scales, days that exist, crons, durations, ratios), which the domain checks where it reads them.
 */
import type Ajv from 'ajv/dist/2020';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { CommandName } from '../domain/commands';
import { FEE_KINDS } from '../domain/fee-schedule';
import { refuse, type Refusal } from '../domain/refusal';
import {
  AnyObject,
  Currency,
  Decimal,
  EventId,
  Id,
  type JsonSchema,
  OneOf,
  Optional,
  Part,
  Parts,
  Scale,
  schemaOfClass,
  Text,
  Time,
} from './shape-rules';
import { Mandate, Schedule, SlippageShape } from './term-shapes';

class ListInstrument {
  @Id('Its id; answered as given, and no other may differ from it in letter case only.') instrumentId!: string;
  @OneOf(['spot', 'perp', 'index', 'rate'], 'A `rate` ticks yearly fractions and is never traded.') kind!: string;
  @Currency('Currency of its prices.') quoteCurrency!: string;
  @Scale('Decimals of a price.') priceScale!: number;
  @Scale('Decimals of a quantity.') quantityScale!: number;
}
class RecordPrice {
  @Id('A listed instrument.') instrumentId!: string;
  @Decimal('In the quote currency for one whole unit, at most the price scale; a yearly fraction for a `rate`.') price!: string;
  @Time('When the price held.') at!: string;
  @Text(64, 'Who said so: a venue or a file.') source!: string;
  @Optional() @Text(64, 'What the source says of it.') quality?: string;
}
class CorrectPrice {
  @Id('A listed instrument.') instrumentId!: string;
  @EventId('Event id of the tick, or of an earlier correction of it.') corrects!: string;
  @Decimal('The price that the tick should have had.') price!: string;
  @Optional() @Time("The tick's time from now on; without it, the one that it has.") at?: string;
  @Text(500, 'Why, in words.') reason!: string;
}
class OpenPortfolio {
  @Id('Its id; answered as given, and no other may differ from it in letter case only.') portfolioId!: string;
  @Text(200, 'What people call it.') name!: string;
  @Currency("Currency of all its amounts: the instrument's.") quoteCurrency!: string;
  @Scale('Decimals of an amount.') currencyScale!: number;
  @Scale('Decimals of a number of units.') unitScale!: number;
  @Id('The one instrument that the portfolio trades.') instrumentId!: string;
  @Decimal('L, signed, at most 2 decimals, fixed for good.') targetLeverage!: string;
  @Time('When it opens; nothing is effective before.') at!: string;
}
class OnPortfolio {
  @Id('An open portfolio.') portfolioId!: string;
  @Optional() @OneOf(['open-period'], 'For late facts of a closed period.') booking?: string;
}
class AdoptMandate extends OnPortfolio {
  @Time('In force from here, included, until the next one.') at!: string;
  @Part(() => Mandate, 'What the issuer promises.') mandate!: Mandate;
}
class AdoptFeeSchedule extends OnPortfolio {
  @Time('In force from here, included, until the next one.') at!: string;
  @Part(() => Schedule, 'The fees.') schedule!: Schedule;
}
class AdoptSlippageModel extends OnPortfolio {
  @Time('In force from here, included, until the next one.') at!: string;
  @Part(() => SlippageShape, 'How far from the mark decided trades are filled.') model!: SlippageShape;
}
class MoveUnits extends OnPortfolio {
  @Decimal('Above 0, at most the unit scale.') units!: string;
  @Decimal('What the fund receives for a creation or pays out for a redemption, 0 or more, at most the currency scale.') cash!: string;
  @Time('When.') at!: string;
  @Optional() @Decimal('Paid by the investor beside `cash`, 0 or more; it never touches the fund.') fee?: string;
}
class SplitUnits extends OnPortfolio {
  @Text(24, 'new:old in whole numbers; 1:10 makes ten units one.') ratio!: string;
  @Time('When.') at!: string;
}
class FillShape {
  @Id('Used once in the portfolio.') fillId!: string;
  @Id('A listed instrument.') instrumentId!: string;
  @OneOf(['buy', 'sell']) side!: string;
  @Decimal('Above 0, at most the quantity scale.') quantity!: string;
  @Decimal('What was paid, at most the price scale.') price!: string;
  @Optional() @Decimal('The price when the order arrived at the venue.') arrivalPrice?: string;
  @Optional() @Decimal('Best bid then.') bid?: string;
  @Optional() @Decimal('Best ask then.') ask?: string;
  @Optional() @Decimal('Trading fee, at most the currency scale; negative is a rebate.') fee?: string;
  @Optional() @Currency('The quote currency.') feeCurrency?: string;
  @Optional() @OneOf(['maker', 'taker']) liquidity?: string;
  @Optional() @Text(64, 'Where.') venue?: string;
}
class ExecuteRebalance extends OnPortfolio {
  @Id('Used once in the portfolio.') rebalanceId!: string;
  @OneOf(['scheduled', 'band', 'manual', 'creation', 'redemption'], 'What made it trade.') reason!: string;
  @Time('When.') at!: string;
  @Optional() @Decimal("The recorder's mark: evidence.") mark?: string;
  @Optional() @Decimal('The price that the decision was made at.') decisionPrice?: string;
  @Parts(() => FillShape, 1000, 'The trades, at least one.') fills!: FillShape[];
}
class ChargeFee extends OnPortfolio {
  @Id('Used once in the portfolio.') feeId!: string;
  @OneOf(FEE_KINDS, 'What it is for.') kind!: string;
  @Time('When.') at!: string;
  @Optional()
  @Decimal('What is charged, at most the currency scale; negative is a rebate. Exactly one of `amount` and `rateOfNav`.')
  amount?: string;
  @Optional() @Currency('The quote currency.') currency?: string;
  @Optional() @Decimal('A share of NAV just before, at most 18 decimals. Exactly one of `amount` and `rateOfNav`.') rateOfNav?: string;
  @Optional() @Id('The fill that a trading fee belongs to.') fillId?: string;
  @Optional() @Text(64, 'What it pays for, in words.') period?: string;
  @Optional() @OneOf(['cash', 'units'], '`units` are minted to the manager; without it, cash.') paidBy?: string;
}
class SettleFunding extends OnPortfolio {
  @Id('A listed instrument.') instrumentId!: string;
  @Decimal('Times mark and quantity is what the position pays, at most 18 decimals; negative is received.') rate!: string;
  @Optional() @Decimal("Above 0; without it, the ledger's price at `at`.") mark?: string;
  @Time('When.') at!: string;
}
class AccrueInterest extends OnPortfolio {
  @Decimal('At most the currency scale; positive is received.') amount!: string;
  @Time('When.') at!: string;
}
class AccrueFees extends OnPortfolio {
  @Time('Charges due up to here, included.') through!: string;
}
class CorrectFact extends OnPortfolio {
  @EventId('Event id of the fact, or of an earlier correction of it.') corrects!: string;
  @Optional()
  @AnyObject(
    'must be the complete data of a command',
    'The complete data of the command that the fact should have come from, with the same ids; without it the fact is busted.',
  )
  replacement?: object;
  @Text(500, 'Why, in words.') reason!: string;
}

const SHAPES: { readonly [K in CommandName]: new () => object } = {
  ListInstrument,
  RecordPrice,
  CorrectPrice,
  OpenPortfolio,
  AdoptMandate,
  AdoptFeeSchedule,
  AdoptSlippageModel,
  CreateUnits: MoveUnits,
  RedeemUnits: MoveUnits,
  SplitUnits,
  ExecuteRebalance,
  ChargeFee,
  SettleFunding,
  AccrueInterest,
  AccrueFees,
  CorrectFact,
};

export const COMMAND_NAMES = Object.keys(SHAPES) as CommandName[];

export function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(SHAPES, name);
}

/** The JSON Schema (2020-12) of a command's data: what {@link checkShape} accepts, except for {@link findPassedOver}'s rules about nulls, names and depth inside a replacement. */
export function schemaOf(name: CommandName): JsonSchema {
  return schemaOfClass(SHAPES[name]);
}

/** Whether data has the shape of the named command; otherwise the first thing that is wrong, with a JSON pointer into the data. */
export function checkShape(name: CommandName, data: unknown): Refusal | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return refuse('InvalidField', 'must be a JSON object', { field: '', value: data });
  }
  return findPassedOver(data, '', 0) ?? (fits(name, data) ? undefined : brokenRule(name, data));
}

/** Checks of a command before its schema is compiled, which takes as long as a thousand checks. */
const OFTEN = 100;
const checks = new Map<CommandName, { count: number; accepts?: (data: object) => boolean }>();

/** Whether the compiled schema accepts the data: it says the same as the rules, sooner by far, but not what is wrong. */
function fits(name: CommandName, data: object): boolean {
  let check = checks.get(name);
  if (!check) checks.set(name, (check = { count: 0 }));
  if (!check.accepts && ++check.count > OFTEN) check.accepts = compile(schemaOf(name));
  return check.accepts?.(data) ?? false;
}

let ajv: Ajv | undefined;

function compile(schema: JsonSchema): (data: object) => boolean {
  // Loaded when it is needed: most processes of the command line check a few commands.
  const { Ajv2020 } = require('ajv/dist/2020') as typeof import('ajv/dist/2020');
  ajv ??= new Ajv2020({ strict: true, validateFormats: false });
  return ajv.compile(schema);
}

/** The first rule that the data breaks. */
export function brokenRule(name: CommandName, data: object): Refusal | undefined {
  const [error] = validateSync(plainToInstance(SHAPES[name], data), {
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
  });
  return error && describe(error, '');
}

/** Levels of objects and arrays in a command's data; a schedule in a replacement has six. */
const MAX_DEPTH = 16;

/** What the validator would not see: nulls, which it takes for absence, fields named like an object's own methods, and nesting without end. */
function findPassedOver(part: object, path: string, depth: number): Refusal | undefined {
  if (depth > MAX_DEPTH) return refuse('InvalidField', `must not be nested deeper than ${MAX_DEPTH} levels`, { field: path });
  for (const [key, value] of Object.entries(part) as [string, unknown][]) {
    const field = `${path}/${key}`;
    if (key in Object.prototype) return refuse('UnknownField', 'the command has no such field', { field, value });
    if (value === null) return refuse('InvalidField', 'must not be null; leave the field out', { field, value });
    const inner = typeof value === 'object' ? findPassedOver(value, field, depth + 1) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

function describe(error: ValidationError, parent: string): Refusal {
  const field = `${parent}/${error.property}`;
  const [child] = error.children ?? [];
  if (child) return describe(child, field);
  const constraints = error.constraints ?? {};
  if ('whitelistValidation' in constraints) return refuse('UnknownField', 'the command has no such field', { field, value: error.value });
  const rule = Object.values(constraints)[0] ?? 'must have the right shape';
  return refuse('InvalidField', rule, { field, value: error.value === undefined ? null : error.value });
}
