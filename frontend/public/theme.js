// Runs before anything else. First, before the first paint, so that a page in the dark theme never flashes white. See src/app/theme.ts.
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

// A pipeline's page waits for the pipeline, the home page for the list of them: they come while the code is on its way.
(function () {
  var open = /^\/pipelines\/[^/]+/.exec(location.pathname);
  if (!open && location.pathname !== '/') return;
  var link = document.createElement('link');
  link.rel = 'preload';
  link.as = 'fetch';
  link.crossOrigin = 'anonymous';
  link.href = '/api/v1' + (open ? open[0] : '/pipelines');
  document.head.append(link);
})();
