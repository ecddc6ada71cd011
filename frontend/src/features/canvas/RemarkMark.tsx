import { Info, TriangleAlert } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useNodeRemarks } from '@/lib/facts/factsStore';
import styles from './RemarkMark.module.css';

const RemarkCard = lazy(() => import('./RemarkCard').then((module) => ({ default: module.RemarkCard })));

const OPEN_MS = 250;
const CLOSE_MS = 220;

/** A quiet mark on a node that something is to be remarked about; pointed at or focused, it says what, with the fix. */
export function RemarkMark({ nodeId }: { nodeId: string }) {
  const remarks = useNodeRemarks(nodeId);
  const mark = useRef<HTMLButtonElement>(null);
  const [shown, setShown] = useState<'no' | 'peek' | 'entered'>('no');
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [worst] = remarks;
  if (worst === undefined) return null;
  const soon = (next: 'no' | 'peek', wait: number) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setShown((now) => (now === 'entered' ? now : next)), wait);
  };
  const Sign = worst.severity === 'note' ? Info : TriangleAlert;
  return (
    <>
      <button
        ref={mark}
        type="button"
        className={`nodrag nopan ${styles.mark}`}
        data-tone={worst.severity}
        data-remarks={remarks.length}
        aria-haspopup="dialog"
        aria-expanded={shown !== 'no'}
        aria-label={`${remarks.length === 1 ? '1 remark' : `${remarks.length} remarks`}: ${remarks.map(({ text }) => text).join(' ')}`}
        onPointerEnter={() => soon('peek', OPEN_MS)}
        onPointerLeave={() => soon('no', CLOSE_MS)}
        onFocus={(event) => {
          if (event.currentTarget.matches(':focus-visible')) soon('peek', 0);
        }}
        onBlur={() => soon('no', CLOSE_MS)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === ' ') event.stopPropagation();
        }}
        onClick={(event) => {
          event.stopPropagation();
          clearTimeout(timer.current);
          setShown('entered');
        }}
      >
        <Sign aria-hidden />
      </button>
      {shown !== 'no' && (
        <Suspense fallback={null}>
          <RemarkCard
            anchor={mark}
            remarks={remarks}
            entered={shown === 'entered'}
            onPointer={(inside) => soon(inside ? 'peek' : 'no', inside ? 0 : CLOSE_MS)}
            onClose={() => {
              clearTimeout(timer.current);
              setShown('no');
            }}
          />
        </Suspense>
      )}
    </>
  );
}
