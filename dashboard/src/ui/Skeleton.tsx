import type { CSSProperties } from 'react';
import styles from './Skeleton.module.css';

export interface SkeletonProps {
  width?: CSSProperties['width'];
  height?: CSSProperties['height'];
  shape?: 'text' | 'block' | 'circle';
}

/** The place of something that is coming, in its real size. Wrap a group of them in an element with `aria-busy`. */
export const Skeleton = ({ width, height, shape = 'text' }: SkeletonProps) => (
  <span className={styles.root} data-shape={shape} style={{ width, height }} aria-hidden="true" />
);
