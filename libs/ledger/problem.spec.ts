/** Problem documents: every refusal and fault has one, with a status that fits, and a value that comes back as it was given. */
import { REFUSAL_CODES, refuse, RefusalError, type RefusalCode } from '../domain/refusal';
import { StoreError } from '../store/port';
import { faultOf, problemOf, problemOfRefusal } from './problem';

test('a refusal names pointer, value and rule, and keeps the numbers beside it', () => {
  const refusal = refuse('NotEnoughUnits', 'must not be more than the units there are', {
    field: '/units',
    value: '500',
    detail: { held: '400' },
  });
  expect(problemOfRefusal(refusal)).toEqual({
    type: 'urn:navledger:problem:NotEnoughUnits',
    title: 'More units would be taken out than there are.',
    status: 422,
    code: 'NotEnoughUnits',
    detail: 'NotEnoughUnits: /units = "500": must not be more than the units there are',
    errors: [{ pointer: '/units', value: '500', rule: 'must not be more than the units there are' }],
    context: { held: '400' },
  });
});

test('values keep their JSON type; a long one is cut, a missing one is null', () => {
  const value = (given: unknown): unknown => problemOfRefusal(refuse('InvalidField', 'x', { field: '/a', value: given })).errors![0]!.value;
  expect([value('1.0'), value(1.5), value(null), value([1])]).toEqual(['1.0', 1.5, null, [1]]);
  expect(value('x'.repeat(200))).toBe(`${'x'.repeat(75)}...`);
  expect(problemOfRefusal(refuse('MalformedLine', 'x')).errors).toEqual([{ pointer: null, value: null, rule: 'x' }]);
  // Only a pointer is one: an option or a part of a line has its own name.
  expect(problemOfRefusal(refuse('InvalidField', 'x', { field: '--at' })).errors).toEqual([
    { pointer: null, parameter: '--at', value: null, rule: 'x' },
  ]);
});

test('every code has its sentence and a status of the sender', () => {
  for (const code of Object.keys(REFUSAL_CODES) as RefusalCode[]) {
    const { title, status } = problemOfRefusal(refuse(code, 'x'));
    expect({ code, title, asks: status >= 400 && status < 500 }).toEqual({ code, title: REFUSAL_CODES[code], asks: true });
  }
});

test("what is thrown: a refusal, a fault of the sender's, a fault of the store's, a defect", () => {
  expect(problemOf(new RefusalError(refuse('NoPrice', 'x')))).toMatchObject({ code: 'NoPrice', status: 422 });
  const conflict = new StoreError('conflict', 'is at 3');
  expect([problemOf(conflict).code, problemOf(conflict).status, faultOf(conflict)]).toEqual(['WrongRevision', 409, undefined]);
  const full = new StoreError('full', 'no room\n  left');
  expect(problemOf(full)).toEqual({
    type: 'urn:navledger:problem:StoreFull',
    title: 'The disk is full, or a quota is used up.',
    status: 507,
    code: 'StoreFull',
    detail: 'StoreFull: no room left',
  });
  expect(faultOf(full)).toBe('full');
  expect(problemOf(new StoreError('in-doubt', 'x')).code).toBe('StoreInDoubt');
  expect(problemOf(new TypeError('x is not a function'))).toMatchObject({
    code: 'Defect',
    status: 500,
    detail: 'Defect: x is not a function',
  });
});
