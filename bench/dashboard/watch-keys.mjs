// Runs in the page: notes in `benchKeys` how long each key took until the rows of the terminal changed, in ms. The terminal
// draws within a frame, so what has changed is what that frame shows.
globalThis.benchKeys = [];

globalThis.benchWatchKeys = () => {
  let pressedAt = 0;
  document.addEventListener(
    'keydown',
    (event) => {
      pressedAt = event.timeStamp;
    },
    true,
  );
  new MutationObserver(() => {
    if (pressedAt === 0) return;
    globalThis.benchKeys.push(performance.now() - pressedAt);
    pressedAt = 0;
  }).observe(document.querySelector('.xterm-rows'), { childList: true, subtree: true, characterData: true });
};
