import { useReactFlow } from '@xyflow/react';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ModuleSpec } from '@/services/types.generated';
import { announce } from '@/lib/announce';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import { fittingPort } from '@/lib/document/rules';
import { spliceFor } from '@/lib/document/splice';
import type { Point } from '@/lib/document/types';
import { catalogStore, nodeTitle, useCatalog } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import { searchModules } from '@/lib/modules/search';
import { canvasUi, useCanvasUi, type QuickAddRequest } from './canvasUi';
import { insertModule } from './insertion';
import styles from './QuickAdd.module.css';
import { NODE_WIDTH } from './sizes';
import { TypeDots } from './TypeDots';

/** The list of modules that opens where a person double-clicks, or where they drop a wire. */
export function QuickAdd() {
  const request = useCanvasUi((state) => state.quickAdd);
  return request && <QuickAddList key={request.client.join()} request={request} />;
}

function QuickAddList({ request }: { request: QuickAddRequest }) {
  const { end, wire, client } = request;
  const { screenToFlowPosition } = useReactFlow();
  const modules = useCatalog((state) => state.modules);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const panel = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const question = questionOf(request);

  const fitting = useMemo(() => {
    const all = [...modules.values()];
    const graph = documentStore.getState();
    if (wire) return all.filter((spec) => spliceFor(graph, modules, wire, spec) !== undefined);
    return end ? all.filter((spec) => fittingPort(graph, modules, end, spec) !== undefined) : all;
  }, [modules, end, wire]);
  const found = useMemo(() => searchModules(fitting, query), [fitting, query]);
  const current = Math.min(active, found.length - 1);

  useLayoutEffect(() => {
    const element = panel.current;
    const box = element?.offsetParent?.getBoundingClientRect();
    if (!element || !box) return;
    const fit = (at: number, size: number, room: number) => Math.max(8, Math.min(at, room - size - 8));
    element.style.left = `${fit(client[0] - box.left, element.offsetWidth, box.width)}px`;
    element.style.top = `${fit(client[1] - box.top, element.offsetHeight, box.height)}px`;
  }, [client]);

  useEffect(() => {
    const onPress = (event: PointerEvent) => {
      if (event.target instanceof Node && !panel.current?.contains(event.target)) close();
    };
    addEventListener('pointerdown', onPress, { capture: true });
    return () => {
      removeEventListener('pointerdown', onPress, { capture: true });
    };
  }, []);

  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const add = (spec: ModuleSpec) => {
    const { x, y } = screenToFlowPosition({ x: client[0], y: client[1] });
    const upwards = end?.side === 'input';
    const position: Point = [x - NODE_WIDTH / 2, upwards ? y - 64 : y];
    const store = documentStore.getState();
    const port = end && fittingPort(store, modules, end, spec);
    if (end && port !== undefined) {
      const join = end.side === 'output' ? { from: end.ref, toPort: port } : { fromPort: port, to: end.ref };
      canvasApi()?.reveal(store.addNode(spec.id, position, { join }), { focus: true });
    } else {
      const at: Point = wire ? [position[0], y - 32] : position;
      const id = wire ? insertModule(spec.id, at, wire) : store.addNode(spec.id, at);
      canvasApi()?.reveal(id, { focus: true });
    }
    announce(`${spec.title} ${wire ? 'inserted' : end ? 'added and joined' : 'added'}.`);
    close();
  };

  return (
    <div ref={panel} className={styles.panel} data-overlay role="dialog" aria-label="Add a module">
      {question !== null && (
        <p id={`${id}-question`} className={styles.question}>
          {question}
        </p>
      )}
      <input
        autoFocus
        className={styles.search}
        role="combobox"
        aria-label="Search modules"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[current] && `${id}-${current}`}
        autoComplete="off"
        spellCheck={false}
        aria-describedby={question === null ? undefined : `${id}-question`}
        placeholder="Search modules"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          const chosen = found[current];
          if (event.key === 'ArrowDown') setActive((current + 1) % Math.max(1, found.length));
          else if (event.key === 'ArrowUp')
            setActive((current - 1 + found.length) % Math.max(1, found.length));
          else if (event.key === 'Enter' && chosen) add(chosen);
          else if (event.key === 'Escape') close();
          else if (event.key !== 'Tab') return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <ul ref={list} id={id} className={styles.list} role="listbox" aria-label="Modules">
        {found.map((spec, index) => (
          <li
            key={spec.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === current}
            className={styles.option}
            onPointerMove={() => {
              if (index !== current) setActive(index);
            }}
            onClick={() => add(spec)}
          >
            <ModuleIcon moduleId={spec.id} size="sm" />
            <span className={styles.text}>
              <span className={styles.title}>{spec.title}</span>
              <span className={styles.category}>{spec.category}</span>
            </span>
            <TypeDots spec={spec} />
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p className={styles.none}>
          {fitting.length === 0
            ? wire
              ? 'No module fits into this wire.'
              : 'No module fits this wire.'
            : `Nothing is called “${query}”.`}
        </p>
      )}
    </div>
  );
}

function close(): void {
  canvasUi.setState({ quickAdd: null });
}

/** What a new node is for, where it is not for itself. */
function questionOf({ end, wire }: QuickAddRequest): string | null {
  if (wire) return 'What goes into this wire?';
  const node = end && documentStore.getState().nodes[end.ref[0]];
  if (!node) return null;
  const title = nodeTitle(node, catalogStore.getState().modules);
  return end.side === 'output' ? `What takes this from ${title}?` : `What feeds ${title}?`;
}
