import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './scripts/precompress.mjs';

/** The Host header stays the page's own, or the server would refuse the page as a foreign origin. */
const SERVER = { target: 'http://127.0.0.1:8321', changeOrigin: false };
const folder = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);

const NEXT =
  /\/src\/(app\/Inspector|features\/(canvas\/(EmptyCanvas|GuideLayer|WiringLayer|QuickAdd|FindNode|HintLayer|canvasMenu|AnnotationNode)|parameters\/TargetSelect|runs\/PlanSummary))\.tsx$/;

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { '@': folder('./src') } },
  build: {
    outDir: folder('../backend/torchwire/static'),
    emptyOutDir: true,
    assetsDir: 'assets',
    target: 'es2024',
    chunkSizeWarningLimit: 800,
    // All that the page begins with is one file, and what it needs right after that another: thirty small ones queue
    // behind each other, and compress worse.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'begin', tags: ['$initial'], priority: 2 },
            { name: 'next', test: NEXT, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '/api': SERVER,
      '/healthz': SERVER,
      '/socket.io': { ...SERVER, ws: true },
    },
  },
  test: {
    environment: 'node',
    maxWorkers: '100%',
    testTimeout: 60_000, // for what hangs; a busy machine may take ten times as long as an idle one
    hookTimeout: 60_000,
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['./src/test/setup.ts'],
    restoreMocks: true,
    css: { modules: { classNameStrategy: 'non-scoped' } },
  },
});
