// Runs before the first paint, so that a page in the dark theme never flashes white. See src/app/theme.ts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('torchwire.theme');
  } catch {
    // Storage may be blocked; then the system decides.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
