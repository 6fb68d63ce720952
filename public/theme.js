// Runs before the first paint, so that no one is flashed with the wrong theme. The page's CSP allows no inline script.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('kiln/theme') ?? 'system';
  } catch {
    // Storage is blocked: follow the system.
  }
  const isDark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
