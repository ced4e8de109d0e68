// Runs before the first paint, so that a light theme never flashes dark. The same rules as src/lib/appearance.ts, which a
// test compares with this file; here in plain JavaScript because a module would run too late.
{
  const choices = {
    theme: ['dark', 'light', 'system'],
    accent: ['indigo', 'cyan', 'emerald', 'amber', 'rose'],
    density: ['comfortable', 'compact'],
    fontSize: ['medium', 'small', 'large'],
    radius: ['medium', 'none', 'small', 'large'],
    motion: ['system', 'reduced', 'full'],
  };
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem('serverbox.appearance') ?? '{}') ?? {};
  } catch {
    stored = {}; // damaged or forbidden storage: the defaults
  }
  for (const [name, values] of Object.entries(choices)) {
    const value = values.includes(stored[name]) ? stored[name] : values[0];
    const isLight = value === 'system' && matchMedia('(prefers-color-scheme: light)').matches;
    document.documentElement.dataset[name] =
      name === 'theme' && value === 'system' ? (isLight ? 'light' : 'dark') : value;
  }
}
