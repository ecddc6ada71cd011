import { useEffect, useRef, useState } from 'react';
import { documentStore } from '@/lib/document/documentStore';
import { canvasUi } from './canvasUi';
import styles from './NodeFrame.module.css';

/** Edits a node's label in place: Enter or leaving keeps it, Escape doesn't. */
export function RenameField({
  nodeId,
  label,
  placeholder,
}: {
  nodeId: string;
  label: string;
  placeholder: string;
}) {
  const [text, setText] = useState(label);
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => {
    field.current?.select();
  }, []);
  const finish = (keep: boolean) => {
    if (done.current) return;
    done.current = true;
    if (keep) documentStore.getState().setLabel(nodeId, text.trim());
    documentStore.getState().endBurst();
    canvasUi.setState({ renaming: null });
    const node = field.current?.closest<HTMLElement>('.react-flow__node');
    requestAnimationFrame(() => node?.focus({ preventScroll: true }));
  };
  return (
    <input
      ref={field}
      className={`${styles.rename} nodrag nopan`}
      aria-label="Label"
      value={text}
      maxLength={200}
      placeholder={placeholder}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') finish(true);
        if (event.key === 'Escape') finish(false);
      }}
    />
  );
}
