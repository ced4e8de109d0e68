/** Turns the engine's events into what people are told: "Container web stopped with exit code 137". */
import type { ContainerId } from '@serverbox/contract/ids';
import type { Activity } from '@serverbox/contract/nodes';
import type { EngineEvent } from '../../lib/docker/replies.ts';

export interface Told {
  kind: Activity['kind'];
  subject: string;
  text: string;
}

export interface Story {
  /** What to tell of this event, undefined when nothing. `wasAsked`: one of us caused it. */
  tell(event: EngineEvent, wasAsked: boolean): Told | undefined;
}

const MAX_NAME_CHARS = 128;
/** So many containers with an unfinished story; the engine sends no end of it when a container is removed by force. */
const MAX_OPEN_STORIES = 10_000;

const HEALTH = /^health_status: (healthy|unhealthy)$/;

const nameOf = ({ Actor }: EngineEvent): string => {
  const name = (Actor.Attributes.name ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, MAX_NAME_CHARS);
  return name === '' ? Actor.ID.slice(0, 12) : name;
};

const exitCodeOf = ({ Actor }: EngineEvent): string => {
  const code = Actor.Attributes.exitCode ?? '';
  return /^-?\d{1,10}$/.test(code) ? code : 'unknown';
};

/** An end was wanted when a signal came from outside before it. */
const tellEnd = (event: EngineEvent, cause: 'wanted' | 'memory' | 'itself'): Told => {
  const subject = nameOf(event);
  const code = exitCodeOf(event);
  if (cause === 'memory') {
    return {
      kind: 'container.died',
      subject,
      text: `Container ${subject} ran out of memory and ended with exit code ${code}`,
    };
  }
  if (cause === 'wanted')
    return { kind: 'container.stopped', subject, text: `Container ${subject} stopped with exit code ${code}` };
  if (code === '0')
    return { kind: 'container.stopped', subject, text: `Container ${subject} finished with exit code 0` };
  return { kind: 'container.died', subject, text: `Container ${subject} ended by itself with exit code ${code}` };
};

const PLAIN: Record<string, readonly [Activity['kind'], string]> = {
  create: ['container.created', 'was created'],
  start: ['container.started', 'started'],
  pause: ['container.paused', 'was paused'],
  unpause: ['container.unpaused', 'continues'],
  destroy: ['container.removed', 'was removed'],
};

export const createStory = (): Story => {
  /** What came before an end and explains it. */
  const before = new Map<ContainerId, 'wanted' | 'memory'>();
  const explain = (id: ContainerId, cause: 'wanted' | 'memory'): void => {
    before.delete(id);
    before.set(id, cause);
    const [oldest] = before.keys();
    if (before.size > MAX_OPEN_STORIES && oldest !== undefined) before.delete(oldest);
  };

  return {
    tell: (event, wasAsked) => {
      const id = event.Actor.ID as ContainerId;
      if (event.Action === 'kill') explain(id, 'wanted');
      if (event.Action === 'oom') explain(id, 'memory');
      if (event.Action === 'die') {
        const cause = before.get(id) ?? (wasAsked ? 'wanted' : 'itself');
        before.delete(id);
        return tellEnd(event, cause);
      }
      const subject = nameOf(event);
      const health = HEALTH.exec(event.Action)?.[1];
      if (health !== undefined) {
        return { kind: 'container.health_changed', subject, text: `Container ${subject} became ${health}` };
      }
      const plain = PLAIN[event.Action];
      return plain && { kind: plain[0], subject, text: `Container ${subject} ${plain[1]}` };
    },
  };
};
