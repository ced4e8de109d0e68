import { memo } from 'react';
import type { AnsiSpan, AnsiStyle } from './ansi.ts';
import { styleNames } from './ansi.ts';
import { highlight } from './highlight.ts';
import styles from './LogRow.module.css';
import type { NumberedLine } from './log-ring.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

const classesOf = (style: AnsiStyle): string =>
  styleNames(style)
    .map((name) => styles[name] ?? '')
    .join(' ');

interface Props {
  line: NumberedLine;
  spans: readonly AnsiSpan[];
  query: string;
  isCurrent: boolean;
  hasStamp: boolean;
}

/** One line of a log. All of it is text from a container: it only ever reaches the page as text nodes. */
export const LogRow = memo(({ line, spans, query, isCurrent, hasStamp }: Props) => (
  <div className={styles.row} data-stream={line.stream} data-current={isCurrent || undefined}>
    {hasStamp && line.at !== null && (
      <time className={styles.stamp} dateTime={line.at} title={line.at}>
        {clock.format(new Date(line.at))}
      </time>
    )}
    <span className={styles.text}>
      {highlight(spans, query).map((piece, index) => {
        const Tag = piece.isMatch ? 'mark' : 'span';
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line never move, the place is their identity.
          <Tag key={index} className={classesOf(piece.style)}>
            {piece.text}
          </Tag>
        );
      })}
      {line.cut && <span className={styles.note}>line was longer than 64 KiB and is cut here</span>}
      {line.dropped !== undefined && line.dropped > 0 && (
        <span className={styles.note}>{line.dropped} lines before this one were skipped: they came too fast</span>
      )}
    </span>
  </div>
));
