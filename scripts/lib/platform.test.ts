import { describe, expect, test } from 'vitest';
import { passesGate } from './gate.mjs';
import { findPlatformProblem } from './platform.mjs';

const everyFile = () => true;

describe('which machines Server Box starts on', () => {
  test.each(['x64', 'arm64'])('a glibc Linux on %s passes', (arch) => {
    expect(findPlatformProblem({ platform: 'linux', arch, hasFile: everyFile })).toBeUndefined();
  });

  test.each([
    [{ platform: 'darwin', arch: 'arm64', hasFile: everyFile }, 'darwin'],
    [{ platform: 'linux', arch: 'riscv64', hasFile: everyFile }, 'riscv64'],
    [{ platform: 'linux', arch: 'x64', hasFile: () => false }, 'glibc'],
  ])('%o is refused with one sentence that names the reason', (facts, reason) => {
    const problem = findPlatformProblem(facts);
    expect(problem).toContain(reason);
    expect(problem).not.toContain('\n');
  });
});

describe('which Node may start it', () => {
  test.each(['20.0.0', '24.21.0', '100.1.0'])('Node %s passes', (version) => {
    const exits: number[] = [];
    expect(passesGate(version, (code) => exits.push(code))).toBe(true);
    expect(exits).toEqual([]);
  });

  test('an older Node ends with code 2', () => {
    const exits: number[] = [];
    expect(passesGate('18.20.4', (code) => exits.push(code))).toBe(false);
    expect(exits).toEqual([2]);
  });
});
