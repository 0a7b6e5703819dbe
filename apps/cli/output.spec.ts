/** Figures as people read them: grouped and rounded as text, exactly. */
import { grouped, rounded, table } from './output';

test.each([
  ['0', '0'],
  ['999', '999'],
  ['1000', '1,000'],
  ['-206003.59', '-206,003.59'],
  ['1234567890123456789.000000000000000001', '1,234,567,890,123,456,789.000000000000000001'],
])('%s is grouped as %s', (text, shown) => {
  expect(grouped(text)).toBe(shown);
});

test.each([
  ['96.877598060000000000', 10, 2, '96.87759806'],
  ['100.000000000000000000', 10, 2, '100.00'],
  ['3.126431642869738589', 6, 2, '3.126432'],
  ['0.125', 2, 2, '0.12'], // a tie goes to the even digit
  ['0.135', 2, 2, '0.14'],
  ['-0.0005', 3, 3, '0.000'],
  ['12', 4, 0, '12'],
  ['12.500', 4, 0, '12.5'],
  ['12.000', 4, 0, '12'],
])('%s at %d decimals, at least %d, is %s', (text, digits, least, shown) => {
  expect(rounded(text, digits, least)).toBe(shown);
});

test('columns are as wide as their widest cell; figures stand to the right, and no line ends in blanks', () => {
  const rows = [
    ['NAV', '96,877.60', 'USD'],
    ['units', '1,000', ''],
  ];
  expect(table(rows, new Set([1]))).toBe('NAV    96,877.60  USD\nunits      1,000\n');
  expect(table(rows, new Set([1]), (row, column, cell) => (row === 1 && column === 0 ? `<${cell}>` : cell))).toBe(
    'NAV    96,877.60  USD\n<units>      1,000\n',
  );
});
