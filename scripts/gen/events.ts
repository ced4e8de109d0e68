import { LiveEvent, TOPIC } from '../../contract/src/events.ts';
import { ACTIVITY_KINDS } from '../../contract/src/nodes.ts';
import { BUS_TOPICS } from '../../core/src/lib/bus/topics.ts';
import { code, table } from './markdown.ts';

export const describeEvents = (): string => {
  const live = LiveEvent.options.map((option) => [
    code(option.shape.type.value),
    Object.keys(option.shape)
      .filter((key) => key !== 'type')
      .map(code)
      .join(', '),
  ]);
  const bus = Object.entries(BUS_TOPICS).map(([name, schema]) => [
    code(name),
    Object.keys(schema.shape).map(code).join(', '),
  ]);
  return `# Events

## To browsers and scripts

\`GET /api/events?topics=…\` (server-sent events; topics match \`${TOPIC.source}\`). Each event has an id; \`Last-Event-ID\` resumes, or the stream begins with \`resync\`.

${table(['type', 'fields'], live)}

## Between cores

The bus carries rumours: ids, never contents.

${table(['topic', 'fields'], bus)}

## Activity of a node

${ACTIVITY_KINDS.map(code).join(', ')}`;
};
