/** Who listens to which topic: the first one begins something (the agent samples each second), the last one ends it. */

export interface Audiences {
  enter(topic: string): void;
  leave(topic: string): void;
  close(): void;
}

/** How long the events of a topic that nobody listens to any more are kept for one who reconnects. */
const LINGER_MS = 60_000;

export const createAudiences = (deps: {
  /** Called when the first listener comes; what it returns, when the last one has gone. */
  onFirst: (topic: string) => () => void;
  keep: (topic: string) => void;
  /** Called a while after the last one has gone. */
  forget: (topic: string) => void;
}): Audiences => {
  const audiences = new Map<string, { count: number; end: () => void }>();
  const lingering = new Map<string, NodeJS.Timeout>();

  const forgetLater = (topic: string): void => {
    const timer = setTimeout(() => {
      lingering.delete(topic);
      deps.forget(topic);
    }, LINGER_MS);
    lingering.set(topic, timer.unref());
  };
  return {
    enter: (topic) => {
      const audience = audiences.get(topic);
      if (audience !== undefined) {
        audience.count += 1;
        return;
      }
      clearTimeout(lingering.get(topic));
      lingering.delete(topic);
      deps.keep(topic);
      audiences.set(topic, { count: 1, end: deps.onFirst(topic) });
    },
    leave: (topic) => {
      const audience = audiences.get(topic);
      if (audience === undefined) return;
      audience.count -= 1;
      if (audience.count > 0) return;
      audiences.delete(topic);
      audience.end();
      forgetLater(topic);
    },
    close: () => {
      for (const timer of lingering.values()) clearTimeout(timer);
      for (const { end } of audiences.values()) end();
      audiences.clear();
    },
  };
};
