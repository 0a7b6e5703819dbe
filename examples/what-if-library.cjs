/** What-if from a program: `npm run build && node examples/what-if-library.cjs FOLDER PORTFOLIO` replays a fund of the store in FOLDER at several leverages and under no fees at all. */
'use strict';
const { openLedger } = require('../dist/libs/ledger/open.js');
const { askSweep, askWhatIf } = require('../dist/libs/ledger/what-if.js');

async function main(folder, portfolioId) {
  const ledger = await openLedger({ url: `sqlite:${folder}`, replica: `${folder}/replica` }, 'read', { actor: 'example' });
  try {
    const free = await askWhatIf(ledger, portfolioId, { mode: 'restate', feeSchedule: null, slippage: null }, {});
    // A refusal is an answer: {refused, field, value, rule}.
    if ('refused' in free) throw new Error(free.rule);
    console.log(`free of costs: ${free.scenario.nT} instead of ${free.base.nT}`);
    const grid = { base: { mode: 're-decide' }, vary: { targetLeverage: ['2', '3'] } };
    const sweep = await askSweep(ledger, portfolioId, grid, {}, undefined, (done, of) => console.error(`${done} of ${of}`));
    if ('refused' in sweep) throw new Error(sweep.rule);
    for (const { vary, nT } of sweep.points) console.log(`${vary.targetLeverage}x: ${nT}`);
    console.log(sweep.manifest.resultDigest);
  } finally {
    await ledger.close();
  }
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
