// Runs in the page, before any script of it: notes in `benchSeen` (times of `performance.now`) when what `selector` names can
// be seen, when something was painted first, and what long tasks took.
globalThis.benchSeen = { ready: 0, paint: 0, blocked: 0, lastTask: 0 };

globalThis.benchWatch = (selector) => {
  const seen = globalThis.benchSeen;
  const observe = (type, take) =>
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) take(entry);
    }).observe({ type, buffered: true });
  observe('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') seen.paint = entry.startTime;
  });
  observe('longtask', (entry) => {
    seen.blocked += Math.max(0, entry.duration - 50);
    seen.lastTask = entry.startTime + entry.duration;
  });
  const timer = setInterval(() => {
    if ((document.querySelector(selector)?.getClientRects().length ?? 0) === 0) return;
    seen.ready = performance.now();
    clearInterval(timer);
  }, 10);
};
