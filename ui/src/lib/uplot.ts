/** uPlot, imported after the browser's language is known to be valid. The order of these lines matters. */
import './locale';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export default uPlot;
export type { uPlot };
