// @ts-check
// Builds the agent when its sources have changed since the last build: for this machine, and (`--others`) for the machines
// that the core can hand it to. Any Node from 20 on runs this, before a dependency is installed, and a call with nothing to
// do only reads the sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setPriority } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AGENT = join(ROOT, 'agent');
const BINARY = join(AGENT, 'bin', 'serverbox-agent');
/** Machines to be managed; this one's own program serves for those of its kind. By what Go calls a processor, and Node. */
const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' };
/** @type {[number, number]} */
const LEAST_GO = [1, 26];
const HOW_TO_GET_GO =
  'To manage this machine itself, install Go 1.26 or later (https://go.dev/dl, unpacked to /usr/local/go) and start again.';

/**
 * Makes sure that `agent/bin/serverbox-agent` is built from the sources as they are.
 *
 * `built` says whether this call has built it; `path` is the program, or null when there is none; `problem` is one
 * sentence for people about why it could not be built (an older program may still be there), or null.
 * @param {{ log: (what: string) => void }} options `log` is called when there is something to build
 * @returns {Promise<{ built: boolean, path: string | null, problem: string | null }>}
 */
export const ensureAgent = ({ log }) => ensureBinary({ path: BINARY, environment: {}, log });

/** Whether `ensureOtherAgents` would build something. */
export const areOtherAgentsStale = () => {
  const wanted = hashSources(buildFlags());
  return otherTargets().some(({ path }) => !isFresh(path, wanted));
};

/** Makes sure that there is an agent for every architecture of Linux that the core can hand it to. Throws what went wrong. */
export const ensureOtherAgents = async () => {
  for (const target of otherTargets()) {
    const { problem } = await ensureBinary({ ...target, log: () => undefined });
    if (problem !== null) throw new Error(problem);
  }
};

const otherTargets = () =>
  Object.entries(ARCHITECTURES)
    .filter(([, nodeName]) => process.platform !== 'linux' || process.arch !== nodeName)
    .map(([goName]) => ({ path: `${BINARY}-linux-${goName}`, environment: { GOOS: 'linux', GOARCH: goName } }));

/** @param {{ path: string, environment: Record<string, string>, log: (what: string) => void }} target */
const ensureBinary = async ({ path, environment, log }) => {
  /** @param {string} problem */
  const failed = (problem) => ({ built: false, path: existsSync(path) ? path : null, problem });
  const flags = buildFlags();
  const wanted = hashSources(flags);
  if (isFresh(path, wanted)) return { built: false, path, problem: null };
  const go = await findGo();
  if (go === undefined) return failed(HOW_TO_GET_GO);
  log('building the agent');
  const fault = await build({ go, flags, path, environment });
  if (fault !== undefined) return failed(`The agent could not be built: ${fault}`);
  writeFileSync(stampOf(path), wanted);
  return { built: true, path, problem: null };
};

/** Static, small, and the same from every checkout: no paths, no debug tables, no HTTP/2 (which a WebSocket cannot use). */
const buildFlags = () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const linkerFlags = `-s -w -X main.version=${version}`;
  return ['-trimpath', '-buildvcs=false', '-tags', 'nethttpomithttp2', '-ldflags', linkerFlags];
};

/** @param {string[]} flags */
const hashSources = (flags) => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${flags.join(' ')}`);
  const names = ['go.mod', 'go.sum', ...sourcesIn('cmd'), ...sourcesIn('internal'), ...sourcesIn('pkg')];
  for (const name of names.sort()) hash.update(`\n${name}\n`).update(readFileSync(join(AGENT, name)));
  return hash.digest('hex');
};

/**
 * The Go files that go into the program; tests do not.
 * @param {string} folder
 */
const sourcesIn = (folder) =>
  readdirSync(join(AGENT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => join(folder, name));

/** @param {string} path */
const stampOf = (path) => `${path}.sources`;

/** @param {string} path @param {string} wanted */
const isFresh = (path, wanted) =>
  existsSync(path) && existsSync(stampOf(path)) && readFileSync(stampOf(path), 'utf8') === wanted;

const findGo = async () => {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/local/go/bin'];
  for (const folder of new Set(folders)) {
    const path = join(folder, 'go');
    if (isExecutable(path) && (await isRecent(path))) return path;
  }
  return undefined;
};

/** @param {string} path */
const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not ours to run: the next folder may have one
  }
};

/** @param {string} go */
const isRecent = async (go) => {
  const { output } = await run(go, ['version']);
  const found = / go(\d+)\.(\d+)/.exec(output);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > LEAST_GO[0] || (major === LEAST_GO[0] && minor >= LEAST_GO[1]);
};

/**
 * Builds beside the old program and then replaces it: a running agent keeps its file, and a failure keeps the old one.
 * @param {{ go: string, flags: string[], path: string, environment: Record<string, string> }} what
 * @returns {Promise<string | undefined>} what went wrong
 */
const build = async ({ go, flags, path, environment }) => {
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(join(AGENT, 'bin'), { recursive: true });
  try {
    const { code, output } = await run(go, ['build', ...flags, '-o', temporary, './cmd/serverbox-agent'], environment);
    if (code !== 0) return firstLine(output);
    renameSync(temporary, path);
    return undefined;
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** @param {string} output */
const firstLine = (output) => {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const telling = lines.find((line) => !line.startsWith('go: downloading'));
  return telling?.trim() ?? 'the compiler did not say why.';
};

/**
 * @param {string} program
 * @param {string[]} argv
 * @param {Record<string, string>} environment added to ours
 * @returns {Promise<{ code: number | null, output: string }>} output holds both streams
 */
const run = (program, argv, environment = {}) =>
  new Promise((done) => {
    const child = spawn(program, argv, {
      cwd: AGENT,
      env: { ...process.env, CGO_ENABLED: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => done({ code: null, output: error.message }));
    child.on('close', (code) => done({ code, output }));
  });

if (process.argv[1] !== fileURLToPath(import.meta.url)) {
  // Imported: nothing to do by itself.
} else if (process.argv.includes('--others')) {
  setPriority(10); // nobody waits for it, and the core is starting
  await ensureOtherAgents();
} else {
  const { built, path, problem } = await ensureAgent({ log: (what) => console.log(what) });
  if (problem !== null) console.error(problem);
  else console.log(`${path} ${built ? 'was built' : 'is up to date'}`);
  process.exitCode = problem === null ? 0 : 1;
}
