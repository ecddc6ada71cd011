import { Search } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { findNodes } from '@/lib/document/findNodes';
import { useCatalog } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import { canvasUi, useCanvasUi } from './canvasUi';
import styles from './FindNode.module.css';

/** Ctrl+F: looks for nodes by name, module, comment and parameters, and shows each as it is chosen. */
export function FindNode() {
  return useCanvasUi((state) => state.finding) && <FindBar />;
}

function FindBar() {
  const nodes = useDocument((state) => state.nodes);
  const order = useDocument((state) => state.order);
  const modules = useCatalog((state) => state.modules);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const bar = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(() => findNodes(order, nodes, modules, query), [order, nodes, modules, query]);
  const current = Math.min(active, found.length - 1);
  const shown = found[current]?.id;

  useEffect(() => {
    if (shown !== undefined && query !== '') canvasApi()?.reveal(shown);
  }, [shown, query]);

  useEffect(() => {
    const onPress = (event: PointerEvent) => {
      if (event.target instanceof Node && !bar.current?.contains(event.target)) close(false);
    };
    addEventListener('pointerdown', onPress, { capture: true });
    return () => {
      removeEventListener('pointerdown', onPress, { capture: true });
    };
  }, []);

  return (
    <div ref={bar} className={styles.bar} data-overlay role="search">
      <div className={styles.field}>
        <Search aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-label="Find on the canvas"
          aria-expanded={found.length > 0}
          aria-controls={id}
          aria-activedescendant={shown && `${id}-${current}`}
          placeholder="Find a node"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const count = Math.max(1, found.length);
            const up = event.key === 'ArrowUp' || (event.key === 'Enter' && event.shiftKey);
            if (event.key === 'ArrowDown') setActive((current + 1) % count);
            else if (up) setActive((current - 1 + count) % count);
            else if (event.key === 'Enter') close(true);
            else if (event.key === 'Escape') close(false);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
        <span className={styles.count} role="status">
          {query !== '' && (found.length === 0 ? 'None' : `${current + 1} of ${found.length}`)}
        </span>
      </div>
      {query !== '' && found.length > 0 && (
        <ul id={id} className={styles.list} role="listbox" aria-label="Nodes found">
          {found.slice(0, 8).map((match, index) => (
            <li
              key={match.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === current}
              className={styles.option}
              onClick={() => {
                setActive(index);
                close(true);
                canvasApi()?.reveal(match.id, { focus: true });
              }}
            >
              <ModuleIcon moduleId={match.module} size="sm" />
              <span className={styles.title}>{match.title}</span>
              {match.where !== undefined && <span className={styles.where}>{match.where}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function close(focusNode: boolean): void {
  canvasUi.setState({ finding: false });
  const [selected] = documentStore.getState().selection;
  if (focusNode && selected !== undefined) canvasApi()?.reveal(selected, { focus: true });
}
