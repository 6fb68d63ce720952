import { writeFileSync } from 'node:fs';
import { assembleTable } from '../../src/job/assemble-table.ts';
import { plotData } from '../../src/job/plot-data.ts';
import { drawPlot } from '../../src/media/plot.ts';
import { runProgram } from '../../wasm/run-program.ts';

/** The comet behind `thumbnail.svg`: even numbers from 4 to 8,000. */
const { stdout } = await runProgram('goldbach', ['2', '4000'], new URL('./goldbach.wasm', import.meta.url));
const table = assembleTable(['n', 'ways', 'smallest prime'], [stdout]);
const plot = plotData(table, { x: 'n', y: 'ways', style: 'points' });
writeFileSync(new URL('./thumbnail.svg', import.meta.url), drawPlot(plot, 'Goldbach’s comet'));
console.log('Wrote thumbnail.svg.');
