/** The way of the agent, as far as this end can see it: its address here, what was said to it, and what it last told. */

import type { NodeDetail } from '@serverbox/contract/nodes';
import { AGENT_SERVICES } from '@serverbox/contract/policy';
import type { NodeWay } from '@serverbox/contract/ways';
import { durationText } from '../../lib/duration-text.ts';
import { judgeSkew } from './machine.ts';
import { ownAddressSteps } from './own-address.ts';
import type { Finding, Step } from './walk.ts';
import { failed, ok, skipped } from './walk.ts';

const LOOK_THERE =
  'On the machine: sudo systemctl status serverbox-agent, then sudo serverbox-agent doctor --state-dir /var/lib/serverbox-agent.';
const ENROL = 'Enrol the agent again: the node page has the command.';

const judgeToken = ({ state, text }: NodeWay, conflict: string | null): Finding => {
  if (conflict !== null) return failed(conflict, ENROL);
  if (state === 'up') return ok('The agent has proved its credential and its key.');
  if (state === 'blocked') return failed(text, ENROL);
  return skipped('The agent did not ask since Server Box started, so nothing was refused.');
};

const judgeClock = ({ clockSkewMs }: NodeDetail): Finding =>
  clockSkewMs === null ? skipped('The agent has not told its time yet.') : judgeSkew(clockSkewMs);

const judgeDocker = ({ facts, services }: NodeDetail): Finding => {
  if (!services.some((service) => service.startsWith('docker:')))
    return skipped('The owner of the node does not permit looking at Docker.');
  if (facts === null) return skipped('The agent has told nothing yet.');
  if (facts.dockerVersion !== null) return ok(`Docker ${facts.dockerVersion}.`);
  const said = facts.dockerProblem ?? 'Docker is not usable.';
  return failed(said, 'Install or start Docker there; the agent finds it by itself within seconds.');
};

const judgeAgent = ({ state, text, since }: NodeWay, known: NodeDetail, nowMs: number): Finding => {
  const { facts, services, reading } = known;
  if (state !== 'up') {
    const heard = reading === null ? '' : ` Last heard ${durationText(nowMs - Date.parse(reading.observedAt))} ago.`;
    return failed(`${text}.${heard}`.replace('..', '.'), LOOK_THERE);
  }
  // Who may operate Docker may look at it.
  const implied = services.includes('docker:write') ? ['docker:read'] : [];
  const missing = AGENT_SERVICES.filter((service) => ![...services, ...implied].includes(service));
  const version = facts === null || facts.agentVersion === '' ? '' : ` ${facts.agentVersion}`;
  const lasting = since === null ? 'is connected' : `has been connected for ${durationText(nowMs - Date.parse(since))}`;
  const connected = `The agent${version} ${lasting}.`;
  if (missing.length === 0) return ok(connected);
  return ok(`${connected} Its owner does not permit: ${missing.join(', ')}.`);
};

export const agentSteps = (way: NodeWay, known: NodeDetail, publicUrl: string | undefined, nowMs: number): Step[] => [
  ...ownAddressSteps(publicUrl),
  { hop: 'token', advice: ENROL, check: () => judgeToken(way, known.conflict) },
  { hop: 'clock', advice: LOOK_THERE, check: () => judgeClock(known) },
  { hop: 'docker', advice: LOOK_THERE, check: () => judgeDocker(known) },
  { hop: 'agent', advice: LOOK_THERE, check: () => judgeAgent(way, known, nowMs) },
];

/** Ways on which only the node speaks: all there is to see is whether it did. */
export const reportSteps = ({ way, state, text, since }: NodeWay, nowMs: number): Step[] => {
  const age = since === null ? '' : ` (${durationText(nowMs - Date.parse(since))} ago)`;
  const advice =
    way === 'push'
      ? 'Run the push script there by hand and read what it says; then look at its timer or cron entry.'
      : LOOK_THERE;
  const check = () => (state === 'up' ? ok(text) : failed(`${text}${age}`, advice));
  return [{ hop: 'agent', advice, check }];
};
