/**
 * Draws the tooltip of whatever element with `data-tooltip` is hovered or focused. One layer for the page instead of one
 * component per control: ten thousand rows cost nothing, and a control needs no wrapper.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import styles from './TooltipLayer.module.css';

const OPEN_DELAY_MS = 350;
const GAP_PX = 6;
const EDGE_PX = 8;

const targetOf = (event: Event): HTMLElement | undefined => {
  const found = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tooltip]') : null;
  return found?.dataset.tooltip ? found : undefined;
};

/** Above the anchor, or below where there is no room; never past the window's edges. */
export const placeTooltip = (anchor: DOMRect, size: { width: number; height: number }, windowWidth: number) => {
  const above = anchor.top - size.height - GAP_PX;
  const top = above >= EDGE_PX ? above : anchor.bottom + GAP_PX;
  const centred = anchor.left + anchor.width / 2 - size.width / 2;
  const left = Math.max(EDGE_PX, Math.min(centred, windowWidth - size.width - EDGE_PX));
  return { top, left };
};

const useTooltipTarget = () => {
  const [target, setTarget] = useState<HTMLElement>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pending: HTMLElement | undefined;
    const show = (next: HTMLElement | undefined, delayMs: number) => {
      if (next === pending) return;
      pending = next;
      clearTimeout(timer);
      if (next === undefined) setTarget(undefined);
      else timer = setTimeout(() => setTarget(next.isConnected ? next : undefined), delayMs);
    };
    const hover = (event: PointerEvent) => event.pointerType !== 'touch' && show(targetOf(event), OPEN_DELAY_MS);
    const focus = (event: FocusEvent) => {
      const next = targetOf(event);
      if (next?.matches(':focus-visible')) show(next, 0);
    };
    const hide = () => show(undefined, 0);
    const hideOnEscape = (event: KeyboardEvent) => event.key === 'Escape' && hide();
    document.addEventListener('pointerover', hover);
    document.addEventListener('focusin', focus);
    document.addEventListener('focusout', hide);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('keydown', hideOnEscape);
    document.addEventListener('scroll', hide, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener('pointerover', hover);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('keydown', hideOnEscape);
      document.removeEventListener('scroll', hide, { capture: true });
    };
  }, []);
  return target;
};

/** Mounted once, at the end of the page. */
export const TooltipLayer = () => {
  const target = useTooltipTarget();
  const bubble = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (target === undefined || bubble.current === null) return;
    const { top, left } = placeTooltip(
      target.getBoundingClientRect(),
      bubble.current.getBoundingClientRect(),
      innerWidth,
    );
    bubble.current.style.translate = `${Math.round(left)}px ${Math.round(top)}px`;
  }, [target]);
  if (target === undefined) return null;
  // The words are already the control's name or description, so the bubble is only for the eyes.
  return createPortal(
    <div ref={bubble} className={styles.root} aria-hidden="true">
      {target.dataset.tooltip}
    </div>,
    document.body,
  );
};
