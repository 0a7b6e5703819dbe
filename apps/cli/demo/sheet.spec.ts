/** The tear sheet as it is printed: golden text of a small fund, and no line wider than a terminal. */
import { viewOf } from '../../../test/support/ledger';
import { smallFund } from '../../../test/support/mandate';
import { isRefusal } from '../../../libs/domain/refusal';
import { type TearSheet, tearSheet } from '../../../libs/projections/tear-sheet';
import { whatNext } from './next';
import { renderSheet } from './sheet';

const BP = 10n ** 14n;
let sheet: TearSheet;

beforeAll(async () => {
  const closes = ['100', '104', '99', '101.50', '97.25', '92', '95', '101', '103', '102.10'];
  const found = tearSheet(
    await viewOf(await smallFund({ leverage: '3', closes, slippage: 5n * BP, feeRate: 10n * BP, management: '0.0095' }), 'fund1'),
  );
  if (isRefusal(found)) throw new Error(found.rule);
  sheet = found;
});

it('is the sheet that it was', () => {
  expect(renderSheet(sheet)).toMatchSnapshot();
});

it('fits a terminal of 80 columns', () => {
  for (const line of renderSheet(sheet).split('\n')) expect([...line].length).toBeLessThan(80);
});

it('shows terms that meet the change exactly', () => {
  expect(renderSheet(sheet).match(/start and terms make the end .*/g)).toEqual([
    expect.stringMatching(/^start and terms make the end (exactly|to within 1e-9\d);/),
    expect.stringMatching(/^start and terms make the end (exactly|to within 1e-9\d);/),
  ]);
});

it('proposes commands with the ids and times of this history', () => {
  expect(whatNext(sheet, 'navledger', '2026-01-01T00:00:00.000000001Z')).toMatchSnapshot();
});
