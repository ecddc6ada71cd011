import { BookOpen, Cpu } from 'lucide-react';
import { Button } from '@/components/ui/Button';
import { EmptyState } from '@/components/ui/EmptyState';
import { Markdown } from '@/features/results/Markdown';
import { navigate, paths } from '@/lib/navigation';
import { Page } from './Page';
import styles from './TargetsGuidePage.module.css';

/** The page of the guide itself, so that it is there without a network too. */
const [guide] = Object.values(
  import.meta.glob<string>('../../../docs/guide/clusters.md', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

/** How to come from a few machines to a run that uses them. */
export function TargetsGuidePage() {
  return (
    <Page
      title="Guide to clusters"
      actions={
        <Button icon={<Cpu />} onClick={() => navigate(paths.targets)}>
          Targets
        </Button>
      }
    >
      <div className={styles.guide}>
        {guide === undefined ? (
          <EmptyState icon={<BookOpen />} title="The guide isn’t part of this build">
            It lies in docs/guide/clusters.md of the source.
          </EmptyState>
        ) : (
          <Markdown text={guide} page />
        )}
      </div>
    </Page>
  );
}
