/** Sensors: hardware monitors, or thermal zones where there are none. */
import type { Frame } from '../frames.ts';
import { firstLine } from '../frames.ts';

export interface Temperature {
  sensor: string;
  celsius: number;
}

const MAX_SENSORS = 256;
const MONITOR = /^(\/sys\/class\/hwmon\/hwmon\d+)\/(temp\d+)_input$/;
const ZONE = /^(\/sys\/class\/thermal\/thermal_zone\d+)\/temp$/;

/** Sensors that are connected to nothing say what no machine can be, or exactly zero. */
const celsiusOf = (text: string): number | undefined => {
  if (!/^-?\d{1,7}$/.test(text)) return undefined;
  const celsius = Math.round(Number(text) / 100) / 10;
  return Math.abs(celsius) > 200 || celsius === 0 ? undefined : celsius;
};

const readAll = (frame: Frame, pattern: RegExp, nameOf: (match: RegExpExecArray) => string): Temperature[] =>
  [...frame.keys()].flatMap((file) => {
    const match = pattern.exec(file);
    const celsius = match === null ? undefined : celsiusOf(firstLine(frame, file));
    return match === null || celsius === undefined ? [] : [{ sensor: nameOf(match).slice(0, 512), celsius }];
  });

export const parseTemperatures = (frame: Frame): Temperature[] => {
  const monitors = readAll(frame, MONITOR, ([, directory = '', sensor = '']) => {
    const name = firstLine(frame, `${directory}/name`) || (directory.split('/').at(-1) ?? '');
    return `${name} ${firstLine(frame, `${directory}/${sensor}_label`)}`.trim();
  });
  const found = monitors.length > 0 ? monitors : readAll(frame, ZONE, ([, zone]) => firstLine(frame, `${zone}/type`));
  return found.slice(0, MAX_SENSORS);
};
