/** What an SSH account finds on its machine: who it is, whether its shell is usable, the clock, Docker, room for an agent. */
import type { Clock } from '../../lib/clock.ts';
import { DOCKER_SOCKET } from '../../lib/docker/dial.ts';
import { durationText } from '../../lib/duration-text.ts';
import { collectOutput } from '../../lib/link/collect-output.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { checkDocker } from './docker.ts';
import { oneLine } from './one-line.ts';
import type { Finding, Step } from './walk.ts';
import { failed, ok, skipped, warning } from './walk.ts';

const TIMEOUT_MS = 9000;
const MAX_BYTES = 16 * 1024;
/** The node tells whole seconds, and the answer was on its way. */
const TOLERATED_SKEW_MS = 30_000;
const RESTART_DOCKER = 'Restart Docker: sudo systemctl restart docker.';
const HELLO = 'serverbox-shell-works';

/** One question for everything, so that a slow machine is waited for once. */
const SURVEY = `
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
command -v timeout >/dev/null || timeout() { shift; "$@"; }
echo "user:$(id -un)"; echo "uid:$(id -u)"; echo "groups:$(id -Gn)"; echo "date:$(date +%s)"
command -v sudo >/dev/null && timeout 3 sudo -n true 2>/dev/null && echo sudo:yes
s=${DOCKER_SOCKET}
if [ ! -e $s ]; then echo socket:absent
elif [ -r $s ] && [ -w $s ]; then echo socket:usable
else echo socket:forbidden; fi
echo "owner:$(stat -c %G $s 2>/dev/null)"
echo "compose:$(timeout 4 docker compose version --short 2>&1 | head -n 1)"
echo "system:$(uname -s) $(uname -m)"
[ -d /run/systemd/system ] && echo services:systemd
command -v rc-service >/dev/null && echo services:OpenRC
[ -e /usr/local/bin/serverbox-agent ] && echo installed:yes
exit 0
`;

type Survey = ReadonlyMap<string, string>;

const ask = async (link: NodeLink, script: string): Promise<string> => {
  const command = await link.exec(['sh', '-c', script], { timeoutMs: TIMEOUT_MS });
  return (await collectOutput(command, { maxBytes: MAX_BYTES })).stdout;
};

const parseSurvey = (text: string): Survey =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), oneLine(line.slice(colon + 1))]];
    }),
  );

export const judgeShell = (printed: string): Finding => {
  if (printed === `${HELLO}\n`) return ok('sh is there, and the login shell prints nothing of its own.');
  if (!printed.includes(HELLO)) {
    const said = printed === '' ? 'nothing' : `"${oneLine(printed).slice(0, 100)}"`;
    return failed(
      `The account runs no commands: it printed ${said}.`,
      'Give the account a POSIX shell: sudo chsh -s /bin/sh <user>.',
    );
  }
  return warning(
    `The login shell prints something before each command: "${oneLine(printed.replace(HELLO, '')).slice(0, 100)}".`,
    'Print only in interactive shells: begin ~/.bashrc (or /etc/bash.bashrc) with: case $- in *i*) ;; *) return;; esac',
  );
};

export const judgeUser = (survey: Survey): Finding => {
  const user = survey.get('user') ?? '';
  if (user === '')
    return failed('The machine did not say who the account is.', 'Check that the program id is installed.');
  if (survey.get('uid') === '0') return ok(`Signed in as ${user}, who may do everything.`);
  const groups = (survey.get('groups') ?? '').split(' ');
  const may = [
    ...(groups.includes('docker') ? ['is in the group docker'] : []),
    ...(survey.get('sudo') === 'yes' ? ['may use sudo without a password'] : []),
  ];
  return ok(may.length === 0 ? `Signed in as ${user}.` : `Signed in as ${user}, who ${may.join(' and ')}.`);
};

export const judgeClock = (survey: Survey, nowMs: number): Finding => {
  const date = survey.get('date') ?? '';
  if (!/^\d{1,12}$/.test(date)) return skipped('The machine did not say its time.');
  const skewMs = Number(date) * 1000 + 500 - nowMs;
  return judgeSkew(skewMs);
};

/** The node's clock minus ours. */
export const judgeSkew = (skewMs: number): Finding => {
  if (Math.abs(skewMs) <= TOLERATED_SKEW_MS) return ok('The clock agrees with that of Server Box.');
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return warning(
    `The clock is ${durationText(Math.abs(skewMs))} ${direction} that of Server Box.`,
    'Set it: sudo timedatectl set-ntp true. Measurements are put at the right time all the same.',
  );
};

export const judgeSocket = (survey: Survey): Finding => {
  const [user, owner] = [survey.get('user') ?? 'the account', survey.get('owner') || 'docker'];
  switch (survey.get('socket')) {
    case 'usable':
      return ok(`${DOCKER_SOCKET} is there, and ${user} may use it.`);
    case 'forbidden':
      return failed(
        `${DOCKER_SOCKET} belongs to the group ${owner}, and ${user} is not in it.`,
        `sudo usermod -aG ${owner} ${user} — then connect anew. Whoever is in it has the rights of root.`,
      );
    case 'absent':
      return failed(
        `There is no ${DOCKER_SOCKET}: Docker is not installed, or not running.`,
        'Install Docker (https://docs.docker.com/engine/install/), or start it: sudo systemctl start docker.',
      );
    default:
      return skipped('The machine did not say.');
  }
};

export const judgeCompose = (survey: Survey): Finding => {
  const said = survey.get('compose') ?? '';
  const version = /^v?(\d+\.\d+[\w.+-]*)/.exec(said)?.[1];
  if (version !== undefined) return ok(`Compose ${version.slice(0, 40)}.`);
  return warning('Docker Compose was not found.', 'Install the package docker-compose-plugin.');
};

/** Whether an agent could be installed over this access. */
export const judgeInstallable = (survey: Survey): Finding => {
  if (survey.get('installed') === 'yes') return ok('The agent is installed.');
  const system = survey.get('system') ?? '';
  if (!/^Linux (x86_64|aarch64|arm64)$/.test(system)) return skipped(`There is no agent for this machine (${system}).`);
  if (!survey.has('services')) {
    return warning(
      'There is neither systemd nor OpenRC to run the agent.',
      'Run the agent as a container: the node page has the command.',
    );
  }
  if (survey.get('uid') === '0' || survey.get('sudo') === 'yes') return ok('An agent can be installed over SSH.');
  return warning(
    'Installing the agent needs root, and this account may not become root without a password.',
    'Sign in as root, permit sudo without a password, or paste the command of the node page into a shell there.',
  );
};

/** Everything that needs a shell on the machine. `getLink` is called when the hops before have succeeded. */
export const machineSteps = (getLink: () => NodeLink, clock: Clock): Step[] => {
  let asked: Promise<{ text: Survey; askedAtMs: number }> | undefined;
  const survey = () => {
    const askedAtMs = clock.now().getTime();
    asked ??= ask(getLink(), SURVEY).then((printed) => ({ text: parseSurvey(printed), askedAtMs }));
    return asked;
  };
  const usable = 'Check that the machine is not overloaded, and that the account may run sh.';
  return [
    {
      hop: 'clock',
      advice: usable,
      needs: ['auth'],
      check: async () => {
        const { text, askedAtMs } = await survey();
        return judgeClock(text, askedAtMs);
      },
    },
    { hop: 'user', advice: usable, needs: ['clock'], check: async () => judgeUser((await survey()).text) },
    {
      hop: 'shell',
      advice: usable,
      needs: ['auth'],
      check: async () => judgeShell(await ask(getLink(), `echo ${HELLO}`)),
    },
    { hop: 'docker_socket', advice: usable, needs: ['clock'], check: async () => judgeSocket((await survey()).text) },
    { hop: 'docker', advice: RESTART_DOCKER, needs: ['docker_socket'], check: () => checkDocker(getLink()) },
    { hop: 'compose', advice: usable, needs: ['clock'], check: async () => judgeCompose((await survey()).text) },
    { hop: 'agent', advice: usable, needs: ['clock'], check: async () => judgeInstallable((await survey()).text) },
  ];
};
