/**
 * The schema of a command's data and the check of it come from one declaration; here they judge the same data alike, valid and spoiled. Beside the point, since the
 * schema cannot say it: nulls, names of an object's own methods and depth inside the free part of a replacement. That a day or a scale exists is neither's business.
 */
import fc from 'fast-check';
import Ajv2020 from 'ajv/dist/2020';
import { isRefusal } from '../../libs/domain/refusal';
import { brokenRule, checkShape, COMMAND_NAMES, schemaOf } from '../../libs/ledger/shapes';
import type { Json } from '../support/cli';
import { cases, runSeed } from '../support/random';

type Schema = Readonly<Record<string, Json>>;

const ajv = new Ajv2020({ strict: true, validateFormats: false });
const seed = runSeed('command schemas');

/** Data of a schema of ours: optional fields come and go. */
function valid(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...(schema.anyOf as Schema[]).map(valid));
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.pattern) {
    const matching = fc.stringMatching(new RegExp(schema.pattern as string));
    return matching.filter((text) => text.length <= (schema.maxLength ?? Infinity));
  }
  switch (schema.type) {
    case 'string':
      return fc.string({ minLength: schema.minLength, maxLength: schema.maxLength, unit: 'binary' });
    case 'integer':
      return fc.integer({ min: schema.minimum, max: schema.maximum });
    case 'array':
      return fc.array(valid(schema.items), { maxLength: 3 });
    default: {
      if (!schema.properties) return fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.oneof(fc.string(), fc.integer()));
      const fields = Object.entries<Schema>(schema.properties).map(([name, field]) => [name, valid(field)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required });
    }
  }
}

/** What may stand where something else should. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    ' ',
    '0',
    '-0',
    '1.',
    '.5',
    '01',
    '+1',
    '1e3',
    '1\n',
    '٣',
    'x'.repeat(65),
    '😀'.repeat(64),
  ),
  fc.constantFrom<unknown>(`0.${'1'.repeat(61)}`, '2024-01-02', '2024-01-02T00:00:00', '2024-01-02t00:00:00z', '2024-01-02T00:00:00.Z'),
  fc.constantFrom<unknown>(0, -1, 18, 19, 1.5, 1e21, [], {}, [[]], [{}], [null], { length: 1 }, { '0': 'a' }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** The data with one thing changed: a value for another, a field more, a field less. */
function spoiled(data: unknown): fc.Arbitrary<unknown> {
  const places: ((to: unknown) => unknown)[] = [];
  const collect = (part: unknown, rebuild: (to: unknown) => unknown): void => {
    places.push(rebuild);
    if (typeof part !== 'object' || part === null) return;
    const copy = (key: string, to: unknown): unknown => {
      const changed = Object.assign(Array.isArray(part) ? [] : {}, part, { [key]: to });
      if (to === undefined) delete (changed as Record<string, unknown>)[key];
      return rebuild(changed);
    };
    for (const [key, value] of Object.entries(part)) {
      collect(value, (to) => copy(key, to));
      if (!Array.isArray(part)) places.push(() => copy(key, undefined));
    }
    if (!Array.isArray(part)) places.push((to) => copy('surplus', to));
  };
  collect(data, (to) => to);
  return fc.tuple(fc.nat(places.length - 1), odd).map(([at, to]) => places[at]!(to));
}

function agree(name: (typeof COMMAND_NAMES)[number], accepts: (data: unknown) => boolean, data: unknown): boolean {
  const refusal = checkShape(name, data);
  if (inReplacement(refusal?.field)) return accepts(data);
  expect({ data, schema: accepts(data), refusal }).toMatchObject({ schema: !isRefusal(refusal) });
  // The check asks the schema first once it was asked often.
  if (accepts(data)) expect({ data, broken: brokenRule(name, data as object) }).toEqual({ data, broken: undefined });
  return refusal === undefined;
}

function inReplacement(field: string | undefined): boolean {
  return field?.startsWith('/replacement/') ?? false;
}

test.each(COMMAND_NAMES)('%s: what the schema accepts passes the check, and what it refuses does not', (name) => {
  const accepts = ajv.compile(schemaOf(name));
  const good = valid(schemaOf(name));
  const changed = good.chain(spoiled).chain((data) => fc.oneof({ weight: 2, arbitrary: fc.constant(data) }, spoiled(data)));
  let refused = 0;
  fc.assert(
    fc.property(good, changed, (one, other) => {
      expect(agree(name, accepts, one)).toBe(true);
      if (!agree(name, accepts, other)) refused++;
    }),
    { seed, numRuns: cases(2000) },
  );
  expect(refused).toBeGreaterThan(cases(2000) / 4);
});

test('every field that carries a value says what it is', () => {
  const silent: string[] = [];
  const visit = (schema: Schema, path: string): void => {
    for (const [name, field] of Object.entries<Schema>(schema.properties ?? {})) {
      if (!field.description && !field.enum) silent.push(`${path}/${name}`);
      visit(field.items ?? field, `${path}/${name}`);
    }
  };
  for (const name of COMMAND_NAMES) visit(schemaOf(name), name);
  expect(silent).toEqual([]);
});
