import { writeFileSync } from 'node:fs';
import { tableToCsv } from '../../src/job/assemble-table.ts';
import { plotData } from '../../src/job/plot-data.ts';
import { drawPlot } from '../../src/media/plot.ts';
import { EXPECTED_SETTINGS } from './expected-settings.ts';
import type { SweepSettings } from './job.ts';
import { runLocally } from './run-locally.node.ts';

/** The sweep behind `thumbnail.svg`. */
const THUMBNAIL_SETTINGS: SweepSettings = {
  from: 28,
  to: 325,
  values: 300,
  valuesPerTask: 50,
  time: 60,
  maxima: 14,
};

writeFileSync(new URL('./expected.csv', import.meta.url), tableToCsv(await runLocally(EXPECTED_SETTINGS)));
const plot = plotData(await runLocally(THUMBNAIL_SETTINGS), { x: 'rho', y: 'z_max/rho', style: 'points' });
writeFileSync(new URL('./thumbnail.svg', import.meta.url), drawPlot(plot, 'Lorenz system'));
