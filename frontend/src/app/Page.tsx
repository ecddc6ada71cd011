import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/Button';
import { navigate, paths } from '@/lib/navigation';
import { useDocument } from '@/lib/document/documentStore';
import { runStore } from '@/lib/run/runStore';
import { ErrorBoundary } from './ErrorBoundary';
import { Logo } from './Logo';
import styles from './Page.module.css';

interface PageProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page beside the designer, with the way back to it. */
export function Page({ title, actions, children }: PageProps) {
  const pipelineId = useDocument((state) => state.pipelineId);
  const back = () => {
    const { runId } = runStore.getState();
    if (pipelineId === null) navigate(paths.home);
    else navigate(runId === null ? paths.pipeline(pipelineId) : paths.run(pipelineId, runId));
  };
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <span className={styles.logo} aria-hidden>
          <Logo />
        </span>
        <Button variant="ghost" icon={<ArrowLeft />} onClick={back}>
          Back to the pipeline
        </Button>
        <h1>{title}</h1>
        <span className={styles.space} />
        {actions}
      </header>
      <main className={styles.main}>
        <ErrorBoundary what="This page">{children}</ErrorBoundary>
      </main>
    </div>
  );
}
