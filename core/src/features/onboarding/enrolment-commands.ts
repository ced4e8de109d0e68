/** The lines that a person pastes on the machine. They hold the one-time token and are shown once. */
import type { AgentMode } from '@serverbox/contract/onboarding';
import { MODE_SERVICES } from '@serverbox/contract/onboarding';
import { IMAGE_NAME, STATE_DIR } from './image.ts';

export interface CommandParts {
  baseUrl: string;
  /** Letters, digits and `_`: never anything that a shell would read. */
  token: string;
  /** `SHA256:…` */
  coreKey: string;
  mode: AgentMode;
}

const DOWNLOAD = 'curl -fsSL';
const MOUNTS = ['/:/host:ro', '/var/run/docker.sock:/var/run/docker.sock', `serverbox-agent:${STATE_DIR}`];

/** A container has no commands and no shells of the machine: what is left is looking and Docker. */
const containerServices = (mode: AgentMode): string =>
  MODE_SERVICES[mode].filter((service) => service !== 'exec' && service !== 'terminal').join(',');

const install = ({ baseUrl, token, coreKey, mode }: CommandParts): string =>
  `${DOWNLOAD} ${baseUrl}/install.sh | sudo sh -s -- --url ${baseUrl} --core-key ${coreKey} --token ${token}${mode === 'operate' ? '' : ` --mode ${mode}`}`;

const enrolArguments = ({ baseUrl, coreKey, mode }: CommandParts): string =>
  `enroll --state-dir ${STATE_DIR} --core-url ${baseUrl} --core-key ${coreKey} --services ${containerServices(mode)} --token-file -`;

const load = ({ baseUrl }: CommandParts): string =>
  `${DOWNLOAD} ${baseUrl}/agent/image-linux-$(uname -m).tar | docker load`;

const NAMESPACES = '--network host --pid host --uts host';

/** Loads the image, enrols once with the token on standard input, and starts the agent, which keeps no token. */
const docker = (parts: CommandParts): string => {
  const mounts = MOUNTS.map((mount) => `-v ${mount}`).join(' ');
  return [
    load(parts),
    `echo ${parts.token} | docker run --rm -i ${NAMESPACES} ${mounts} ${IMAGE_NAME} ${enrolArguments(parts)}`,
    `docker run -d --name serverbox-agent --restart unless-stopped ${NAMESPACES} ${mounts} ${IMAGE_NAME}`,
  ].join(' \\\n  && ');
};

const compose = (parts: CommandParts): string => `# compose.yaml. Before "docker compose up -d", once:
#   ${load(parts)}
#   echo ${parts.token} | docker compose run --rm -T agent ${enrolArguments(parts)}
services:
  agent:
    image: ${IMAGE_NAME}
    pull_policy: never
    restart: unless-stopped
    network_mode: host
    pid: host
    uts: host
    volumes:
${MOUNTS.map((mount) => `      - ${mount}`).join('\n')}
volumes:
  serverbox-agent:
    name: serverbox-agent
`;

export const enrolmentCommands = (parts: CommandParts) => ({
  install: install(parts),
  docker: docker(parts),
  compose: compose(parts),
});

/** For an agent that is installed already. They hold no secret. */
export const agentCommands = (baseUrl: string) => ({
  upgrade: `${DOWNLOAD} ${baseUrl}/install.sh | sudo sh -s -- --upgrade --url ${baseUrl}`,
  uninstall: `${DOWNLOAD} ${baseUrl}/install.sh | sudo sh -s -- --uninstall`,
  doctor: `sudo serverbox-agent doctor --state-dir ${STATE_DIR}`,
});
