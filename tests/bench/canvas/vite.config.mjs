/** Builds the bare page with the same React and @xyflow/react as the designer. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const frontend = fileURLToPath(new URL('../../../frontend/', import.meta.url));

export default defineConfig({
  build: { target: 'es2024', emptyOutDir: true },
  oxc: { jsx: { runtime: 'automatic' } },
  resolve: { preserveSymlinks: false, dedupe: ['react', 'react-dom'] },
  server: { fs: { allow: [frontend] } },
});
