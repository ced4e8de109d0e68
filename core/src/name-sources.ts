/**
 * Makes stacks of the bundle name the sources. Node's own way (`--enable-source-maps`) reads maps at the start; with maps of
 * everything that cost 65 MB and doubled the CPU time. Here our map is read when the first stack is asked for.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const maps = new Map<string, SourceMap | undefined>();

const readMap = (url: string): SourceMap | undefined => {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
  } catch {
    // Libraries have no map, and a stack must come out whatever else is wrong: it then names the bundle.
    return undefined;
  }
};

const findMap = (url: string): SourceMap | undefined => {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
};

const nameSource = (frame: NodeJS.CallSite): string => {
  const text = String(frame);
  const [url, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  if (!url?.startsWith('file:') || line === null || column === null) return text;
  const origin = findMap(url)?.findOrigin(line, column);
  if (origin === undefined || !('fileName' in origin)) return text;
  const source = pathToFileURL(join(fileURLToPath(url), '..', origin.fileName)).href;
  return text.replace(`${url}:${line}:${column}`, () => `${source}:${origin.lineNumber}:${origin.columnNumber}`);
};

Error.prepareStackTrace = (error, frames) =>
  [Error.prototype.toString.call(error), ...frames.map((frame) => `    at ${nameSource(frame)}`)].join('\n');
