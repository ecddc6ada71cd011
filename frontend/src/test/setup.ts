// Most tests are about logic and need no page, which takes longer to make than they take to run. A file that does need
// one begins with `// @vitest-environment jsdom`.
if (typeof document !== 'undefined') await import('./page');

export {};
