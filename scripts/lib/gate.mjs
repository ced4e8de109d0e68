// @ts-check
// Read by every Node there is, so: no imports, no syntax younger than modules themselves.

/**
 * Ends the process with code 2 and one sentence when this Node is too old for the rest of the scripts; the entry
 * scripts call it before they load anything else.
 * @param {string} version such as `20.11.0`
 * @param {(code: number) => void} exit
 * @returns {boolean} whether the caller may go on
 */
export function passesGate(version, exit) {
  const major = Number(version.split('.')[0]);
  if (major >= 20) return true;
  console.error(`Server Box needs Node 20 or newer to start; this is Node ${version}.`);
  exit(2);
  return false;
}
