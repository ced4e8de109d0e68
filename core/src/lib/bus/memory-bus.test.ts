import { describe } from 'vitest';
import { silentLog } from '../log.ts';
import { testBus } from './bus-conformance.ts';
import { createMemoryBus } from './memory-bus.ts';

describe('bus in memory', () => {
  testBus(async () => {
    const bus = createMemoryBus(silentLog);
    return { here: bus, there: bus, close: bus.close };
  });
});
