/**
 * The border's check of a command's data: types, unknown fields, ids and lengths, by class-validator. Decimal syntax, scales and times are rules of the domain and are
 * checked where they are read. One class a command; a field that is not here does not exist.
 */
import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  validateSync,
  ValidateNested,
  type ValidationError,
} from 'class-validator';
import type { CommandName } from '../domain/commands';
import { MAX_SCALE } from '../domain/decimal';
import { FEE_KINDS } from '../domain/portfolio-events';
import { refuse, type Refusal } from '../domain/refusal';

const ID_RULE = 'must be an id of 1 to 64 letters, digits, ".", "_" or "-"';

function all(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, key) => decorators.forEach((decorate) => decorate(target, key));
}
const Id = (): PropertyDecorator => Matches(/^[A-Za-z0-9._-]{1,64}$/, { message: ID_RULE });
const Currency = (): PropertyDecorator =>
  Matches(/^[A-Z0-9]{2,12}$/, { message: 'must be a currency code of 2 to 12 capital letters or digits' });
const Scale = (): PropertyDecorator =>
  all(
    ...[IsInt, (o: object) => Min(0, o), (o: object) => Max(MAX_SCALE, o)].map((rule) =>
      rule({ message: `must be a whole number from 0 to ${MAX_SCALE}` }),
    ),
  );
const Decimal = (): PropertyDecorator => IsString({ message: 'must be a decimal in a JSON string, such as "12.50"' });
const Time = (): PropertyDecorator => IsString({ message: 'must be an RFC 3339 time in a JSON string' });
const Text = (max: number): PropertyDecorator =>
  all(
    ...[IsString, (o: object) => MinLength(1, o), (o: object) => MaxLength(max, o)].map((rule) =>
      rule({ message: `must be a text of 1 to ${max} characters` }),
    ),
  );
const OneOf = (values: readonly string[]): PropertyDecorator => IsIn([...values], { message: `must be one of ${values.join(', ')}` });
const EventId = (): PropertyDecorator =>
  Matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'must be an event id (a lower-case UUID)' });
const Part = (type: () => new () => object): PropertyDecorator =>
  all(IsObject({ message: 'must be an object' }), ValidateNested({ message: 'must be an object' }), Type(type));
const Parts = (type: () => new () => object, max: number): PropertyDecorator =>
  all(
    IsArray({ message: 'must be an array' }),
    ArrayMaxSize(max, { message: `must have at most ${max} entries` }),
    ValidateNested({ each: true, message: 'must hold objects only' }),
    Type(type),
  );

class ListInstrument {
  @Id() instrumentId!: string;
  @OneOf(['spot', 'perp', 'index', 'rate']) kind!: string;
  @Currency() quoteCurrency!: string;
  @Scale() priceScale!: number;
  @Scale() quantityScale!: number;
}
class RecordPrice {
  @Id() instrumentId!: string;
  @Decimal() price!: string;
  @Time() at!: string;
  @Text(64) source!: string;
  @IsOptional() @Text(64) quality?: string;
}
class CorrectPrice {
  @Id() instrumentId!: string;
  @EventId() corrects!: string;
  @Decimal() price!: string;
  @IsOptional() @Time() at?: string;
  @Text(500) reason!: string;
}
class OpenPortfolio {
  @Id() portfolioId!: string;
  @Text(200) name!: string;
  @Currency() quoteCurrency!: string;
  @Scale() currencyScale!: number;
  @Scale() unitScale!: number;
  @Id() instrumentId!: string;
  @Decimal() targetLeverage!: string;
  @Time() at!: string;
}
class OnPortfolio {
  @Id() portfolioId!: string;
  @IsOptional() @OneOf(['open-period']) booking?: string;
}
class Resets {
  @Text(100) cron!: string;
  @Text(64) zone!: string;
}
class BandBounds {
  @Decimal() lower!: string;
  @Decimal() upper!: string;
}
class Mandate {
  @IsOptional() @Part(() => Resets) resets?: Resets;
  @IsOptional() @Part(() => BandBounds) band?: BandBounds;
  @OneOf(['exact', 'naive']) sizing!: string;
  @IsOptional() @Decimal() maxStep?: string;
  @IsOptional() @Text(16) maxPriceAge?: string;
}
class AdoptMandate extends OnPortfolio {
  @Time() at!: string;
  @Part(() => Mandate) mandate!: Mandate;
}
class Rate {
  @Decimal() value!: string;
  @Text(16) unit!: string;
  @Text(16) period!: string;
}
class Rule {
  @Text(16) kind!: string;
  @Text(16) trigger!: string;
  @Text(32) basis!: string;
  @Part(() => Rate) rate!: Rate;
  @Text(16) dayCount!: string;
}
class Schedule {
  @Id() id!: string;
  @Id() version!: string;
  @Parts(() => Rule, 100) rules!: Rule[];
}
class AdoptFeeSchedule extends OnPortfolio {
  @Time() at!: string;
  @Part(() => Schedule) schedule!: Schedule;
}
class MoveUnits extends OnPortfolio {
  @Decimal() units!: string;
  @Decimal() cash!: string;
  @Time() at!: string;
  @IsOptional() @Decimal() fee?: string;
}
class SplitUnits extends OnPortfolio {
  @Text(24) ratio!: string;
  @Time() at!: string;
}
class FillShape {
  @Id() fillId!: string;
  @Id() instrumentId!: string;
  @OneOf(['buy', 'sell']) side!: string;
  @Decimal() quantity!: string;
  @Decimal() price!: string;
  @IsOptional() @Decimal() arrivalPrice?: string;
  @IsOptional() @Decimal() bid?: string;
  @IsOptional() @Decimal() ask?: string;
  @IsOptional() @Decimal() fee?: string;
  @IsOptional() @Currency() feeCurrency?: string;
  @IsOptional() @OneOf(['maker', 'taker']) liquidity?: string;
  @IsOptional() @Text(64) venue?: string;
}
class ExecuteRebalance extends OnPortfolio {
  @Id() rebalanceId!: string;
  @OneOf(['scheduled', 'band', 'manual', 'creation', 'redemption']) reason!: string;
  @Time() at!: string;
  @IsOptional() @Decimal() mark?: string;
  @IsOptional() @Decimal() decisionPrice?: string;
  @Parts(() => FillShape, 1000) fills!: FillShape[];
}
class ChargeFee extends OnPortfolio {
  @Id() feeId!: string;
  @OneOf(FEE_KINDS) kind!: string;
  @Time() at!: string;
  @IsOptional() @Decimal() amount?: string;
  @IsOptional() @Currency() currency?: string;
  @IsOptional() @Decimal() rateOfNav?: string;
  @IsOptional() @Id() fillId?: string;
  @IsOptional() @Text(64) period?: string;
  @IsOptional() @OneOf(['cash', 'units']) paidBy?: string;
}
class SettleFunding extends OnPortfolio {
  @Id() instrumentId!: string;
  @Decimal() rate!: string;
  @IsOptional() @Decimal() mark?: string;
  @Time() at!: string;
}
class AccrueInterest extends OnPortfolio {
  @Decimal() amount!: string;
  @Time() at!: string;
}
class AccrueFees extends OnPortfolio {
  @Time() through!: string;
}
class CorrectFact extends OnPortfolio {
  @EventId() corrects!: string;
  @IsOptional() @IsObject({ message: 'must be the complete data of a command' }) replacement?: object;
  @Text(500) reason!: string;
}

const SHAPES: { readonly [K in CommandName]: new () => object } = {
  ListInstrument,
  RecordPrice,
  CorrectPrice,
  OpenPortfolio,
  AdoptMandate,
  AdoptFeeSchedule,
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

/** Whether data has the shape of the named command; otherwise the first thing that is wrong, with a JSON pointer into the data. */
export function checkShape(name: CommandName, data: unknown): Refusal | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return refuse('InvalidField', 'must be a JSON object', { field: '', value: data });
  }
  const passedOver = findPassedOver(data, '', 0);
  if (passedOver) return passedOver;
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
