/** The entry of the bundle, which is what `npm start` runs; from the sources it is main.ts. Their order is the order they run in. */
import './name-sources.ts';
import './run.ts';
