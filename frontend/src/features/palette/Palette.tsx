import { ChevronRight } from 'lucide-react';
import { Tooltip as RadixTooltip } from 'radix-ui';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { SearchField } from '@/components/ui/TextField';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { searchModules } from '@/lib/modules/search';
import { useModules } from '@/services/queries/useModules';
import type { ModuleSpec } from '@/services/types.generated';
import { groupByCategory } from './groupByCategory';
import styles from './Palette.module.css';
import { PaletteItem } from './PaletteItem';
import { PlacementGhost } from './PlacementGhost';

/** All modules by category. Drag one onto the canvas, or press Enter to add it in the middle. */
export function Palette() {
  const { data, error, refetch } = useModules();
  const [query, setQuery] = useState('');
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const groups = useMemo(
    () => (data ? groupByCategory(searchModules(byTitle(data.modules), query)) : []),
    [data, query],
  );
  const searching = query.trim() !== '';
  const first = groups[0]?.modules[0];

  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const focusRow = (index: number) => rows()[index]?.focus();
  const onListKey = (event: KeyboardEvent) => {
    const all = rows();
    const at = all.findIndex((row) => row === document.activeElement);
    if (at === -1) return;
    if (event.key === 'ArrowDown') focusRow(Math.min(at + 1, all.length - 1));
    else if (event.key === 'ArrowUp' && at === 0) search.current?.focus();
    else if (event.key === 'ArrowUp') focusRow(at - 1);
    else if (event.key === 'Home') focusRow(0);
    else if (event.key === 'End') focusRow(all.length - 1);
    else return;
    event.preventDefault();
  };
  const toggle = (category: string) => {
    const next = new Set(folded);
    if (!next.delete(category)) next.add(category);
    setFolded(next);
  };

  return (
    <div className={styles.palette}>
      <div className={styles.search}>
        <SearchField
          ref={search}
          label="Search modules"
          value={query}
          onValueChange={setQuery}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') focusRow(0);
            else if (event.key === 'Enter' && first && searching) canvasApi()?.addAtCentre(first.id);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <RadixTooltip.Provider delayDuration={450} skipDelayDuration={150}>
        <div ref={list} className={styles.list} onKeyDown={onListKey}>
          {!data && !error && <Skeleton height={34} lines={9} />}
          {error && !data && (
            <ErrorState title="The modules can’t be listed" error={error} onRetry={() => void refetch()} />
          )}
          {groups.map(({ category, modules }) => (
            <Category
              key={category}
              category={category}
              modules={modules}
              open={searching || !folded.has(category)}
              fixed={searching}
              onToggle={() => toggle(category)}
            />
          ))}
          {data && groups.length === 0 && (
            <EmptyState title="No module found">Nothing is called “{query.trim()}”.</EmptyState>
          )}
        </div>
      </RadixTooltip.Provider>
      <PlacementGhost />
    </div>
  );
}

function byTitle(modules: readonly ModuleSpec[]): ModuleSpec[] {
  return modules.toSorted((a, b) => a.title.localeCompare(b.title));
}

interface CategoryProps {
  readonly category: string;
  readonly modules: readonly ModuleSpec[];
  readonly open: boolean;
  /** While searching, categories can't be folded. */
  readonly fixed: boolean;
  readonly onToggle: () => void;
}

function Category({ category, modules, open, fixed, onToggle }: CategoryProps) {
  return (
    <section className={styles.category} aria-label={category}>
      <h3>
        <button
          type="button"
          className={styles.heading}
          aria-expanded={open}
          disabled={fixed}
          onClick={onToggle}
        >
          <ChevronRight aria-hidden />
          <span className={styles.name}>{category.split(' / ').at(-1)}</span>
          <span className={styles.count}>{modules.length}</span>
        </button>
      </h3>
      {open && (
        <ul>
          {modules.map((spec) => (
            <PaletteItem key={spec.id} spec={spec} />
          ))}
        </ul>
      )}
    </section>
  );
}
