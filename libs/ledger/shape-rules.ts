/**
 * Rules for the fields of a command's data, each declared once and read twice: by class-validator, which checks what comes in, and as a JSON Schema (2020-12), which says
 * to others what that is. Every rule ends with what the field means, for its schema. Deliberately absent: the commands (shapes.ts).
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
  ValidateBy,
  ValidateNested,
  validateSync,
} from 'class-validator';
import { DECIMAL, MAX_DIGITS, MAX_SCALE } from '../domain/decimal';
import { RFC3339 } from '../domain/instant';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
type Class = new () => object;

interface Field {
  readonly schema?: () => JsonSchema;
  readonly optional?: boolean;
}

/** By the prototype that declares them, in their order. */
const FIELDS = new Map<object, Map<string, Field>>();

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const CURRENCY = /^[A-Z0-9]{2,12}$/;
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of a decimal, with its sign and point. */
const MAX_LENGTH = MAX_DIGITS + 2;

export const DECIMAL_SCHEMA: JsonSchema = { type: 'string', pattern: DECIMAL.source, maxLength: MAX_LENGTH };
export const TIME_SCHEMA: JsonSchema = { type: 'string', format: 'date-time', pattern: RFC3339.source };
export const ID_SCHEMA: JsonSchema = { type: 'string', pattern: ID.source };
export const CURRENCY_SCHEMA: JsonSchema = { type: 'string', pattern: CURRENCY.source };
export const SCALE_SCHEMA: JsonSchema = { type: 'integer', minimum: 0, maximum: MAX_SCALE };
export const EVENT_ID_SCHEMA: JsonSchema = { type: 'string', format: 'uuid', pattern: EVENT_ID.source };

export function Optional(): PropertyDecorator {
  return declare({ optional: true }, IsOptional());
}
export function Id(says?: string): PropertyDecorator {
  return rule(ID_SCHEMA, says, Matches(ID, { message: 'must be an id of 1 to 64 letters, digits, ".", "_" or "-"' }));
}
export function Currency(says?: string): PropertyDecorator {
  return rule(CURRENCY_SCHEMA, says, Matches(CURRENCY, { message: 'must be a currency code of 2 to 12 capital letters or digits' }));
}
export function Scale(says?: string): PropertyDecorator {
  const message = { message: `must be a whole number from 0 to ${MAX_SCALE}` };
  return rule(SCALE_SCHEMA, says, IsInt(message), Min(0, message), Max(MAX_SCALE, message));
}
export function Decimal(says?: string): PropertyDecorator {
  const plain = { message: 'must be a plain decimal string such as "12.50"' };
  const text = IsString({ message: 'must be a decimal in a JSON string, such as "12.50"' });
  return rule(DECIMAL_SCHEMA, says, text, Matches(DECIMAL, plain), MaxLength(MAX_LENGTH, plain));
}
export function Time(says?: string): PropertyDecorator {
  const zoned = { message: 'must be an RFC 3339 time with a zone such as 2024-01-31T21:00:00Z' };
  return rule(TIME_SCHEMA, says, IsString({ message: 'must be an RFC 3339 time in a JSON string' }), Matches(RFC3339, zoned));
}
/** 1 to `max` code points. */
export function Text(max: number, says?: string): PropertyDecorator {
  const schema = { type: 'string', minLength: 1, maxLength: max };
  return rule(schema, says, Matches(new RegExp(`^[^]{1,${max}}$`, 'u'), { message: `must be a text of 1 to ${max} characters` }));
}
export function OneOf(values: readonly string[], says?: string): PropertyDecorator {
  return rule({ type: 'string', enum: values }, says, IsIn([...values], { message: `must be one of ${values.join(', ')}` }));
}
export function EventId(says?: string): PropertyDecorator {
  return rule(EVENT_ID_SCHEMA, says, Matches(EVENT_ID, { message: 'must be an event id (a lower-case UUID)' }));
}
export function AnyObject(message: string, says?: string): PropertyDecorator {
  return rule({ type: 'object' }, says, IsObject({ message }));
}
export function Part(type: () => Class, says?: string): PropertyDecorator {
  const message = { message: 'must be an object' };
  return rule(() => schemaOfClass(type()), says, IsObject(message), ValidateNested(message), Type(type));
}
export function Parts(type: () => Class, max: number, says?: string): PropertyDecorator {
  return rule(
    () => ({ type: 'array', maxItems: max, items: schemaOfClass(type()) }),
    says,
    IsArray({ message: 'must be an array' }),
    ArrayMaxSize(max, { message: `must have at most ${max} entries` }),
    IsObject({ each: true, message: 'must hold objects only' }),
    ValidateNested({ each: true, message: 'must hold objects only' }),
    Type(type),
  );
}

/** A decimal, or an object of the type that says it with more. */
export function DecimalOr(type: () => Class, says?: string): PropertyDecorator {
  const message = 'must be a plain decimal string such as "12.50", or an object with it as value';
  return rule(
    () => ({ anyOf: [DECIMAL_SCHEMA, schemaOfClass(type())] }),
    says,
    ValidateBy({ name: 'decimalOr', validator: { validate: (value) => isDecimalOr(type(), value), defaultMessage: () => message } }),
  );
}

function isDecimalOr(type: Class, value: unknown): boolean {
  if (typeof value === 'string') return DECIMAL.test(value) && value.length <= MAX_LENGTH;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return validateSync(plainToInstance(type, value), { whitelist: true, forbidNonWhitelisted: true }).length === 0;
}

/** The object whose fields a class declares, inherited ones first; no others are allowed. */
export function schemaOfClass(type: Class): JsonSchema {
  const fields = [...fieldsOf(type.prototype as object)];
  return {
    type: 'object',
    additionalProperties: false,
    required: fields.filter(([, { optional }]) => !optional).map(([name]) => name),
    properties: Object.fromEntries(fields.map(([name, { schema }]) => [name, schema!()])),
  };
}

function fieldsOf(prototype: object | null): ReadonlyMap<string, Field> {
  if (prototype === null) return new Map();
  return new Map([...fieldsOf(Object.getPrototypeOf(prototype) as object | null), ...(FIELDS.get(prototype) ?? [])]);
}

function rule(schema: JsonSchema | (() => JsonSchema), says: string | undefined, ...rules: PropertyDecorator[]): PropertyDecorator {
  const plain = typeof schema === 'function' ? schema : () => schema;
  return declare({ schema: () => ({ ...plain(), ...(says === undefined ? {} : { description: says }) }) }, ...rules);
}

function declare(part: Field, ...rules: PropertyDecorator[]): PropertyDecorator {
  return (target, key) => {
    const fields = FIELDS.get(target) ?? new Map<string, Field>();
    FIELDS.set(target, fields.set(String(key), { ...fields.get(String(key)), ...part }));
    for (const decorate of rules) decorate(target, key);
  };
}
