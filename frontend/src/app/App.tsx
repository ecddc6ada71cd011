import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Button } from '@/components/ui/Button';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { useToasts } from '@/components/ui/toasts';
import { TooltipProvider } from '@/components/ui/Tooltip';
import { firstSightStands } from '@/lib/firstSight';
import { catalogStore, useCatalog } from '@/lib/modules/catalog';
import { navigate, paths, type Route, useRoute } from '@/lib/navigation';
import { ApiError } from '@/services/http';
import { queryClient } from '@/services/queries/queryClient';
import { useModules } from '@/services/queries/useModules';
import { useReachable } from '@/services/reachability';
import styles from './App.module.css';
import { Designer } from './Designer';
import { ErrorBoundary } from './ErrorBoundary';
import { useLayout } from './layout';
import { Logo } from './Logo';
import { useOpenPipeline } from './useOpenPipeline';
import { useShownRun } from './useShownRun';

const StoragePage = lazy(() => import('./StoragePage').then((module) => ({ default: module.StoragePage })));
const TargetsPage = lazy(() => import('./TargetsPage').then((module) => ({ default: module.TargetsPage })));
const TargetsGuidePage = lazy(() =>
  import('./TargetsGuidePage').then((module) => ({ default: module.TargetsGuidePage })),
);
const ComparePage = lazy(() => import('./ComparePage').then((module) => ({ default: module.ComparePage })));
const Toaster = lazy(() => import('@/components/ui/Toaster').then((module) => ({ default: module.Toaster })));

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={350} skipDelayDuration={200}>
        <ErrorBoundary what="Torchwire">
          <Root />
        </ErrorBoundary>
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>
  );
}

function Root() {
  const route = useRoute();
  const { data: library, error: libraryError } = useModules();
  const loaded = useCatalog((state) => state.loaded);
  const opening = useOpenPipeline(route);
  const reachable = useReachable();
  useShownRun(route);

  useEffect(() => {
    if (library) catalogStore.getState().load(library);
  }, [library]);

  useEffect(() => {
    if (route.page === 'runs') useLayout.getState().openSidebar('runs');
  }, [route.page]);

  // What failed for want of the server is tried again when it is back.
  const { error, retry } = opening;
  const away = error instanceof ApiError && error.unreachable;
  useEffect(() => {
    if (reachable && away) retry();
  }, [reachable, away, retry]);

  const page = pageOf(route);
  const alone = page !== null;
  useEffect(() => {
    if (alone) firstSightStands();
  }, [alone]);

  const failure = error ?? (loaded ? null : libraryError);
  if (page !== null) return <Suspense fallback={<Splash />}>{page}</Suspense>;
  if (opening.ready && loaded) return <Designer />;
  if (!failure) return <Splash />;
  if (failure instanceof ApiError && failure.status === 404) return <Missing />;
  return (
    <div className={styles.alone}>
      <Logo size={40} />
      <ErrorState
        title={away || !reachable ? 'Waiting for the Torchwire server' : 'Torchwire could not start'}
        error={failure}
        onRetry={() => {
          void queryClient.invalidateQueries();
          retry();
        }}
      />
    </div>
  );
}

/** The pages beside the designer. */
function pageOf(route: Route): ReactNode {
  switch (route.page) {
    case 'storage':
      return <StoragePage />;
    case 'targets':
      return route.guide ? <TargetsGuidePage /> : <TargetsPage />;
    case 'compare':
      return <ComparePage runIds={route.runIds} />;
    default:
      return null;
  }
}

/** Loaded with the first message; nothing on the page waits for it. */
function Toasts() {
  const needed = useToasts((state) => state.toasts.length > 0);
  const [loaded, setLoaded] = useState(false);
  if (needed && !loaded) setLoaded(true);
  return <Suspense fallback={null}>{loaded && <Toaster />}</Suspense>;
}

function Splash() {
  return (
    <div className={styles.alone} role="status" aria-label="Torchwire is loading">
      <span className={styles.logo}>
        <Logo size={40} />
      </span>
    </div>
  );
}

function Missing() {
  return (
    <div className={styles.alone}>
      <Logo size={40} />
      <EmptyState
        title="This pipeline is no longer there"
        action={
          <Button variant="primary" onClick={() => navigate(paths.home)}>
            Go to your pipelines
          </Button>
        }
      >
        It may have been deleted, or the address belongs to another server.
      </EmptyState>
    </div>
  );
}
