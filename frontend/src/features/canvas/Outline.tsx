import { ChevronRight, CircleAlert, Plus } from 'lucide-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Button } from '@/components/ui/Button';
import { EmptyState } from '@/components/ui/EmptyState';
import { announce } from '@/lib/announce';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { runCommand } from '@/lib/commands';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { faultStore, useFaults } from '@/lib/document/faultStore';
import { joinTargets, outlineRows, portName, type JoinTarget, type OutlineRow } from '@/lib/document/outline';
import type { WireEnd } from '@/lib/document/rules';
import { portKey } from '@/lib/document/types';
import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import { canvasUi, useCanvasUi } from './canvasUi';
import styles from './Outline.module.css';

/** Above this many nodes, they begin folded. */
const UNFOLDED = 40;

interface OutlineProps {
  readonly onOpenInspector: () => void;
}

/** The pipeline as a list to read and to edit: nodes in flow order, their ports, and the wires of each. */
export function Outline({ onOpenInspector }: OutlineProps) {
  const nodes = useDocument((state) => state.nodes);
  const order = useDocument((state) => state.order);
  const wires = useDocument((state) => state.wires);
  const selection = useDocument((state) => state.selection);
  const modules = useCatalog((state) => state.modules);
  const readOnly = useCanvasUi((state) => state.readOnly);
  const faulty = useFaults((state) => state.byNode);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState<string | null>(null);
  const [joining, setJoining] = useState<WireEnd | null>(null);
  const tree = useRef<HTMLUListElement>(null);

  const beginOpen = order.length <= UNFOLDED;
  const content = useMemo(() => ({ nodes, order, wires }), [nodes, order, wires]);
  const rows = useMemo(
    () => outlineRows(content, modules, (id) => turned.has(id) !== beginOpen),
    [content, modules, turned, beginOpen],
  );
  const stop = rows.some((row) => row.key === current) ? current : (rows[0]?.key ?? null);

  const go = (key: string | undefined) => {
    if (key === undefined) return;
    setCurrent(key);
    requestAnimationFrame(() => rowElement(tree.current, key)?.focus());
  };
  const turn = (id: string, open: boolean) => {
    const isOpen = turned.has(id) !== beginOpen;
    if (isOpen === open) return false;
    const next = new Set(turned);
    if (!next.delete(id)) next.add(id);
    setTurned(next);
    return true;
  };
  const remove = (row: OutlineRow, heal: boolean) => {
    if (readOnly || row.kind === 'port') return;
    const at = rows.indexOf(row);
    const { removeNodes, disconnect, history } = documentStore.getState();
    if (row.kind === 'node') removeNodes([row.id], { heal });
    else disconnect([row.wire]);
    const after = documentStore.getState().history;
    if (after !== history) announce(`Done: ${after.entries[after.cursor]?.label ?? 'Delete'}`);
    const beside =
      row.kind === 'node' ? rows.slice(at).find((other) => other.level === 1 && other !== row) : rows[at - 1];
    go(beside?.key ?? rows[at - 1]?.key);
  };
  const open = (row: OutlineRow) => {
    if (row.kind === 'port') {
      if (!readOnly) setJoining({ ref: row.ref, side: row.side });
      return;
    }
    const id = row.kind === 'node' ? row.id : row.other;
    canvasApi()?.reveal(id);
    if (row.kind === 'node') onOpenInspector();
    else go(id);
  };
  const onKey = (event: KeyboardEvent, row: OutlineRow) => {
    if (event.altKey || (event.ctrlKey && !['Delete', 'Backspace'].includes(event.key))) return;
    const at = rows.indexOf(row);
    const nodeId = row.kind === 'node' ? row.id : undefined;
    const parent = () => rows.slice(0, at).findLast((other) => other.level < row.level)?.key;
    switch (event.key) {
      case 'ArrowDown':
        go(rows[at + 1]?.key);
        break;
      case 'ArrowUp':
        go(rows[at - 1]?.key);
        break;
      case 'Home':
        go(rows[0]?.key);
        break;
      case 'End':
        go(rows.at(-1)?.key);
        break;
      case 'ArrowRight':
        if (nodeId === undefined || !turn(nodeId, true)) go(rows[at + 1]?.key);
        break;
      case 'ArrowLeft':
        if (nodeId === undefined || !turn(nodeId, false)) go(parent());
        break;
      case 'Enter':
        open(row);
        break;
      case ' ':
        if (row.kind === 'node') canvasApi()?.reveal(row.id);
        break;
      case 'Delete':
      case 'Backspace':
        remove(row, event.ctrlKey);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  if (joining) {
    const leave = () => {
      setJoining(null);
      go(portKey(joining.ref, joining.side));
    };
    return (
      <Targets
        end={joining}
        name={portName(content, modules, joining.ref, joining.side)}
        targets={joinTargets(content, modules, joining)}
        onLeave={leave}
        onAdd={() => {
          // The focus goes to the list of modules and not back to the port.
          setJoining(null);
          const box = document.querySelector('[data-canvas]')?.getBoundingClientRect();
          canvasUi.setState({
            quickAdd: { client: [(box?.left ?? 0) + 80, (box?.top ?? 0) + 80], end: joining },
          });
        }}
      />
    );
  }
  return (
    <div className={styles.outline} data-outline>
      <div className={styles.actions}>
        <Button size="sm" icon={<Plus />} disabled={readOnly} onClick={() => runCommand('quick-add')}>
          Add a module
        </Button>
        <Button
          size="sm"
          variant="ghost"
          icon={<CircleAlert />}
          disabled={faulty.size === 0}
          onClick={() => faultStore.getState().leadTo(0)}
        >
          First fault
        </Button>
      </div>
      {rows.length === 0 && <EmptyState title="Nothing here yet">Add a module to begin.</EmptyState>}
      {rows.length > 0 && (
        <>
          <ul ref={tree} className={styles.tree} role="tree" aria-label="Outline of the pipeline">
            {rows.map((row) => (
              <li
                key={row.key}
                role="treeitem"
                data-key={row.key}
                data-kind={row.kind}
                className={styles.row}
                aria-level={row.level}
                aria-expanded={
                  row.kind === 'node' && row.hasPorts ? turned.has(row.id) !== beginOpen : undefined
                }
                aria-selected={row.kind === 'node' && selection.has(row.id)}
                tabIndex={row.key === stop ? 0 : -1}
                onFocus={() => setCurrent(row.key)}
                onKeyDown={(event) => onKey(event, row)}
                onClick={() => {
                  setCurrent(row.key);
                  open(row);
                }}
              >
                {row.kind === 'node' && (
                  <ChevronRight
                    className={styles.chevron}
                    aria-hidden
                    onClick={(event) => {
                      event.stopPropagation();
                      turn(row.id, turned.has(row.id) === beginOpen);
                    }}
                  />
                )}
                <RowText row={row} faults={row.kind === 'node' ? (faulty.get(row.id)?.length ?? 0) : 0} />
              </li>
            ))}
          </ul>
          <p className={styles.hint}>
            Enter opens a node, joins a port, follows a wire. Delete removes a node or wire.
          </p>
        </>
      )}
    </div>
  );
}

function RowText({ row, faults }: { row: OutlineRow; faults: number }) {
  if (row.kind === 'wire') return <span className={styles.wire}>{row.text}</span>;
  if (row.kind === 'port') {
    return (
      <>
        <span className={styles.side}>{row.side === 'input' ? 'In' : 'Out'}</span>
        <span className={styles.text}>{row.text}</span>
        {!row.wired && (
          <span className={styles.about}>
            {row.side === 'output' ? 'not used' : row.optional ? 'optional' : 'not wired'}
          </span>
        )}
      </>
    );
  }
  return (
    <>
      <span className={styles.text}>{row.text}</span>
      {faults > 0 && <span className={styles.faults}>{faults === 1 ? '1 fault' : `${faults} faults`}</span>}
    </>
  );
}

interface TargetsProps {
  readonly end: WireEnd;
  readonly name: string;
  readonly targets: readonly JoinTarget[];
  readonly onLeave: () => void;
  /** Choose a module to add and join, in place of a port that is there. */
  readonly onAdd: () => void;
}

/**
 * While a wire is drawn: only the ports that take it. Arrows or Tab step, Enter joins, Escape drops; Tab after the last
 * leads out.
 */
function Targets({ end, name, targets, onLeave, onAdd }: TargetsProps) {
  const modules = useCatalog((state) => state.modules);
  const [at, setAt] = useState(0);
  const join = (target: JoinTarget | undefined) => {
    if (!target) return;
    const [from, to] = end.side === 'output' ? [end.ref, target.ref] : [target.ref, end.ref];
    const verdict = documentStore.getState().connect(from, to);
    announce(verdict.ok ? `Joined ${name} and ${target.text}.` : verdict.reason);
    onLeave();
  };
  const titleOf = (id: string) => {
    const node = documentStore.getState().nodes[id];
    return node ? nodeTitle(node, modules) : id;
  };
  return (
    <div className={styles.outline}>
      <p className={styles.joining}>
        Join <strong>{name}</strong> {end.side === 'output' ? 'to' : 'from'}
      </p>
      <ul
        ref={(list) => list?.focus()}
        className={styles.tree}
        role="listbox"
        tabIndex={0}
        aria-label={`Ports that fit ${name}`}
        aria-activedescendant={targets[at] && `target-${at}`}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' || (event.key === 'Tab' && event.shiftKey) ? -1 : 1;
          if (event.key === 'Enter') join(targets[at]);
          else if (event.key === 'Escape') {
            announce('Wire dropped.');
            onLeave();
          } else if (event.key === 'Tab' && at + by in targets) setAt(at + by);
          else if (['ArrowUp', 'ArrowDown'].includes(event.key) && targets.length > 0)
            setAt((at + by + targets.length) % targets.length);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {targets.map((target, index) => (
          <li
            key={target.ref.join(':')}
            id={`target-${index}`}
            role="option"
            aria-selected={index === at}
            className={styles.row}
            onClick={() => join(target)}
          >
            <span className={styles.text}>{target.text}</span>
            {target.replaces && (
              <span className={styles.about}>replaces {titleOf(target.replaces.from[0])}</span>
            )}
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p className={styles.hint}>No port on the canvas fits.</p>}
      <div className={styles.actions}>
        <Button size="sm" icon={<Plus />} onClick={onAdd}>
          Add one that fits
        </Button>
        <Button size="sm" variant="ghost" onClick={onLeave}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

function rowElement(tree: HTMLElement | null, key: string): HTMLElement | null {
  return tree?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}
