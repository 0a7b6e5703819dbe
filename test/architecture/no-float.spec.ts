/** No float touches money: the lint rule bites on every way into floats, leaves counts alone, and the real rooms are clean. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const MONEY = 'libs/domain/decimal.ts';

const BITES: ReadonlyArray<readonly [code: string, messageIds: readonly string[]]> = [
  ['export const n = parseFloat("1.5");', ['conversion']],
  ['export const n = Number.parseFloat("1.5");', ['conversion']],
  ['export const n = parseInt("15", 10);', ['conversion']],
  ['export const n = globalThis.parseFloat("1");', ['conversion']],
  ['export const n = Number(15n);', ['conversion']],
  ['export const n = new Number(15);', ['conversion']],
  ['export const n = ["1"].map(Number);', ['conversion']],
  ['const f = Number; export const n = f(15n);', ['conversion']],
  ['export const n = Number["parseFloat"]("1");', ['conversion']],
  ['declare const price: string; export const n = +price;', ['conversion']],
  ['export const n = Math.round(15);', ['math']],
  ['export const n = Math["round"](15);', ['math']],
  ['const { floor } = Math; export const n = floor(15);', ['math']],
  ['export const n = Math.pow(10, 2);', ['math']],
  ['declare const a: number; export const n = Math.floor(a);', ['math']],
  ['declare const a: number; export const n = Math.floor(a / 2 + a);', ['math', 'division']],
  ['declare const a: number; export const n = Math.round(a / 2);', ['math', 'division']],
  ['declare const a: number; export const n = Math.max(a / 2);', ['division']],
  ['declare const q: number; export const s = q.toFixed(2);', ['format']],
  ['declare const q: number; export const s = q.toPrecision(2);', ['format']],
  ['declare const q: number; export const s = q?.toExponential();', ['format']],
  ['declare const v: DataView; export const n = v.getFloat64(0);', ['format']],
  ['export const a = new Float64Array(2);', ['storage']],
  ['export const n = 0.5;', ['literal']],
  ['export const n = .5;', ['literal']],
  ['export const n = 1e-3;', ['literal']],
  ['declare const a: number, b: number; export const n = a / b;', ['division']],
  ['declare const a: number; let n = a; n /= 2; export { n };', ['division']],
  ['declare const a: number; export const n = 10 ** a;', ['division']],
  ['declare const a: number | bigint; export const n = (a as number) / 2;', ['division']],
];

const FINE: readonly string[] = [
  'declare const a: bigint, b: bigint; export const n = a / b;',
  'declare const a: bigint; let n = a; n /= 2n; n **= 2n; export { n };',
  'export function half<T extends bigint>(a: T): bigint { return a / 2n; }',
  'declare const list: string[]; export const n = (list.length + 1) >> 1;',
  'declare const list: string[]; export const n = Math.floor(list.length / 16) + Math.ceil(list.length / 16);',
  'declare const a: number, b: number; export const n = Math.max(a, b) - Math.min(a, b);',
  'declare const a: number; export const n = Number.isSafeInteger(a) && a <= Number.MAX_SAFE_INTEGER;',
  'export const n = 1_000_000, hex = 0xe1, big = 15n;',
  'export const data = { Number: 1, Math: 2 }; export const n = data.Number + data.Math;',
];

interface Answer {
  readonly snippets: readonly string[][];
  readonly trees: readonly string[];
}

function lint(request: object): Answer {
  const run = spawnSync(process.execPath, ['test/architecture/lint-snippets.mjs'], {
    cwd: ROOT,
    input: JSON.stringify({ rule: 'navledger/no-float', snippets: [], trees: [], ...request }),
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

describe('the lint rule "no float touches money"', () => {
  let answer: Answer;

  beforeAll(() => {
    const codes = [...BITES.map(([code]) => code), ...FINE];
    answer = lint({ snippets: codes.map((code) => ({ file: MONEY, code })) });
  });

  test.each(BITES.map(([code, expected], index) => ({ code, expected, index })))('refuses $code', ({ expected, index }) => {
    expect(answer.snippets[index]).toEqual(expected);
  });

  test.each(FINE.map((code, index) => ({ code, index })))('accepts $code', ({ index }) => {
    expect(answer.snippets[BITES.length + index]).toEqual([]);
  });

  test('a calendar file may convert milliseconds and nothing else; other rooms are not concerned', () => {
    const code = 'export const n = Number(15n) + Math.round(15);';
    const files = ['libs/domain/instant.ts', 'libs/store/port.ts'];
    expect(lint({ snippets: files.map((file) => ({ file, code })) }).snippets).toEqual([['math'], []]);
  });

  test('the rooms in which money is computed are clean', () => {
    expect(lint({ trees: ['libs/domain', 'libs/projections', 'libs/formats', 'libs/ledger'] }).trees).toEqual([]);
  });
});
