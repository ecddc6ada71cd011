import { useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type RefObject } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { wireId, type Point } from '@/lib/document/types';
import { wireInto } from '@/lib/document/wireIndex';
import { portFacts, portRemark, useFacts } from '@/lib/facts/factsStore';
import { catalogStore, nodeTitle, useCatalog } from '@/lib/modules/catalog';
import styles from './HintLayer.module.css';
import { useWiring } from './wiring';

const DELAY_MS = 320;

/** One tooltip for all ports and marks on the canvas: hundreds of nodes can't each have their own. */
export function HintLayer({ container }: { container: HTMLElement | null }) {
  const [subject, setSubject] = useState<HTMLElement | null>(null);
  const pointer = useRef<Point>([0, 0]);
  const wiring = useWiring((state) => state.wiring !== null);
  useEffect(() => {
    const root = container;
    if (!root) return;
    const abort = new AbortController();
    const { signal } = abort;
    let timer = 0;
    const hide = () => {
      clearTimeout(timer);
      setSubject(null);
    };
    const show = (target: EventTarget | null | undefined, delay: number) => {
      const found =
        target instanceof Element
          ? target.closest<HTMLElement>('[data-port], [data-hint], [data-wire]')
          : null;
      hide();
      if (found) timer = window.setTimeout(() => setSubject(found), delay);
    };
    // This layer is loaded after the canvas: the pointer may rest somewhere already.
    show([...root.querySelectorAll(':hover')].at(-1), DELAY_MS);
    root.addEventListener('pointerover', (event) => show(event.target, DELAY_MS), { signal });
    root.addEventListener(
      'pointermove',
      (event) => {
        pointer.current = [event.clientX, event.clientY];
      },
      { passive: true, signal },
    );
    root.addEventListener('pointerleave', hide, { signal });
    root.addEventListener('pointerdown', hide, { capture: true, signal });
    root.addEventListener('wheel', hide, { passive: true, signal });
    root.addEventListener('keydown', hide, { capture: true, signal });
    root.addEventListener('focusout', hide, { signal });
    root.addEventListener(
      'focusin',
      (event) => {
        if (event.target instanceof Element && event.target.matches(':focus-visible')) show(event.target, 0);
      },
      { signal },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [container]);
  if (!subject?.isConnected || (wiring && subject.dataset.port !== undefined)) return null;
  const { port, hint, wire } = subject.dataset;
  return <Hint key={port ?? hint ?? wire} subject={subject} pointer={pointer} />;
}

function Hint({ subject, pointer }: { subject: HTMLElement; pointer: RefObject<Point> }) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = card.current;
    if (!element) return;
    // A wire's box says little about where it is: what was pointed at does.
    const [x, y] = pointer.current;
    const at =
      subject.dataset.wire === undefined ? subject.getBoundingClientRect() : new DOMRect(x, y - 6, 0, 12);
    const above = subject.dataset.portSide === 'input' || subject.dataset.port === undefined;
    const half = element.offsetWidth / 2;
    const middle = Math.max(half + 8, Math.min(innerWidth - half - 8, at.left + at.width / 2));
    const over = at.top - 6 - element.offsetHeight;
    const under = at.bottom + 6;
    const fitsUnder = under + element.offsetHeight < innerHeight - 8;
    element.style.left = `${middle}px`;
    element.style.top = `${(above && over > 8) || !fitsUnder ? over : under}px`;
  }, [subject, pointer]);
  const { nodeid, handleid, portSide, hint, hintTone, wire } = subject.dataset;
  if (wire !== undefined) return <WireHint card={card} id={wire} />;
  return (
    <div ref={card} className={styles.card} role="tooltip" data-tone={hintTone}>
      {hint ?? (
        <PortHint
          nodeId={nodeid ?? ''}
          portId={handleid ?? ''}
          side={portSide === 'input' ? 'input' : 'output'}
        />
      )}
    </div>
  );
}

/** What flows along a wire, where that is known. */
function WireHint({ card, id }: { card: RefObject<HTMLDivElement | null>; id: string }) {
  const from = useDocument((state) => state.wires.find((wire) => wireId(wire) === id)?.from);
  const text = useFacts(({ facts }) => (from === undefined ? '' : facts[from[0]]?.[from[1]]?.text)) ?? '';
  if (text === '') return null;
  return (
    <div ref={card} className={styles.card} role="tooltip">
      {text}
    </div>
  );
}

function PortHint({ nodeId, portId, side }: { nodeId: string; portId: string; side: 'input' | 'output' }) {
  const moduleId = useDocument((state) => state.nodes[nodeId]?.module ?? '');
  const source = useDocument((state) => {
    const wire = side === 'input' ? wireInto(state.wires, [nodeId, portId]) : undefined;
    const node = wire && state.nodes[wire.from[0]];
    return node && nodeTitle(node, catalogStore.getState().modules);
  });
  const wires = useDocument((state) => state.wires);
  const known = useFacts((state) => portFacts(state, wires, [nodeId, portId], side));
  const remark = useFacts((state) => portRemark(state, nodeId, portId));
  const spec = useCatalog((state) => state.modules.get(moduleId));
  const types = useCatalog((state) => state.types);
  const input = side === 'input' ? spec?.inputs.find((port) => port.id === portId) : undefined;
  const output = side === 'output' ? spec?.outputs.find((port) => port.id === portId) : undefined;
  const port = input ?? output;
  if (!port) return <span>{portId}</span>;
  const ids = input ? input.types : output ? [output.type] : [];
  return (
    <>
      <span className={styles.name}>
        {port.label}
        {input?.optional === true && <span className={styles.optional}>optional</span>}
      </span>
      {ids.map((id) => (
        <span
          key={id}
          className={styles.type}
          style={{ '--hue': types.get(id)?.hue ?? 260 } as CSSProperties}
        >
          {id}
        </span>
      ))}
      {known !== undefined && known.text !== '' && <span className={styles.known}>{known.text}</span>}
      {remark && (
        <span className={styles.remark} data-tone={remark.severity}>
          {remark.text}
        </span>
      )}
      <span className={styles.help}>{port.help}</span>
      {side === 'input' && (
        <span className={styles.state}>{source === undefined ? 'Nothing wired' : `From ${source}`}</span>
      )}
    </>
  );
}
