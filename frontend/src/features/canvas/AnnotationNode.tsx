import type { NodeProps } from '@xyflow/react';
import { Pencil, Trash2 } from 'lucide-react';
import { memo, useLayoutEffect, useRef, type PointerEvent } from 'react';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { runCommand } from '@/lib/commands';
import { resized, type Box, type Grip } from '@/lib/document/annotations';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { ANNOTATION_COLORS, type Annotation, type Point } from '@/lib/document/types';
import styles from './AnnotationNode.module.css';
import { canvasUi, useCanvasUi } from './canvasUi';
import { previewBox, type AnnotationFlowNode } from './flowStore';

const GRIPS: readonly Grip[] = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];

/** A note, or a section's frame with its title. */
export const AnnotationNode = memo(
  function AnnotationNode({ id, data, selected }: NodeProps<AnnotationFlowNode>) {
    const { annotation } = data;
    const editing = useCanvasUi((state) => state.renaming === id);
    const readOnly = useCanvasUi((state) => state.readOnly);
    const alone = useDocument((state) => state.selectedAnnotations.size === 1 && state.selection.size === 0);
    const edit = () => {
      if (!readOnly) canvasUi.setState({ renaming: id });
    };
    return (
      <div
        className={styles.annotation}
        data-annotation={id}
        data-kind={annotation.kind}
        data-color={annotation.color}
        data-selected={selected || undefined}
      >
        {editing ? (
          <Words id={id} kind={annotation.kind} />
        ) : (
          <div className={styles.words} onDoubleClick={edit}>
            {annotation.text || (
              <span className={styles.hint}>
                {annotation.kind === 'note' ? 'Double-click to write' : 'Untitled section'}
              </span>
            )}
          </div>
        )}
        {!readOnly &&
          GRIPS.map((grip) => (
            <span
              key={grip.join()}
              className={`${styles.grip} nodrag nopan`}
              data-x={grip[0]}
              data-y={grip[1]}
              onPointerDown={(event) => pull(event, annotation, grip)}
            />
          ))}
        {selected && alone && !editing && !readOnly && <Tools annotation={annotation} onEdit={edit} />}
      </div>
    );
  },
  (before, after) =>
    before.id === after.id && before.selected === after.selected && before.data === after.data,
);

/** Colours and the rest, above what is selected. Everything here is in the context menu too. */
function Tools({ annotation, onEdit }: { annotation: Annotation; onEdit: () => void }) {
  return (
    <div className={`${styles.tools} nodrag nopan`} role="toolbar" aria-label={`This ${annotation.kind}`}>
      {ANNOTATION_COLORS.map((color) => (
        <button
          key={color}
          type="button"
          className={styles.colour}
          data-color={color}
          aria-label={color.charAt(0).toUpperCase() + color.slice(1)}
          aria-pressed={annotation.color === color}
          onClick={() => documentStore.getState().setAnnotationColor([annotation.id], color)}
        />
      ))}
      <button type="button" className={styles.tool} aria-label="Edit the text" onClick={onEdit}>
        <Pencil aria-hidden />
      </button>
      <button type="button" className={styles.tool} aria-label="Delete" onClick={() => runCommand('delete')}>
        <Trash2 aria-hidden />
      </button>
    </div>
  );
}

/** The text while it is written. Leaving keeps it; Escape keeps it too, because undo brings the old one back. */
function Words({ id, kind }: Pick<Annotation, 'id' | 'kind'>) {
  const field = useRef<HTMLTextAreaElement>(null);
  // Not from the canvas, which draws later than one types: the cursor would jump.
  const text = useDocument(({ annotations }) => annotations.find((one) => one.id === id)?.text ?? '');
  useLayoutEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, []);
  const leave = (focus: boolean) => {
    documentStore.getState().endBurst();
    canvasUi.setState({ renaming: null });
    const node = field.current?.closest<HTMLElement>('.react-flow__node');
    if (focus) requestAnimationFrame(() => node?.focus({ preventScroll: true }));
  };
  return (
    <textarea
      ref={field}
      className={`${styles.words} ${styles.field} nodrag nopan nowheel`}
      data-draft-fields
      aria-label={kind === 'note' ? 'Note' : 'Title of the section'}
      value={text}
      rows={1}
      maxLength={10_000}
      placeholder={kind === 'note' ? 'Write a note' : 'Title'}
      onChange={(event) => {
        const written = event.target.value;
        const next = kind === 'section' ? written.replaceAll('\n', ' ') : written;
        documentStore.getState().setAnnotationText(id, next);
      }}
      onBlur={() => leave(false)}
      onKeyDown={(event) => {
        if (event.key === 'Escape' || (event.key === 'Enter' && kind === 'section')) {
          event.preventDefault();
          leave(true);
        }
      }}
    />
  );
}

/** Follow a press on an edge or corner until it is let go or Escape. */
function pull(event: PointerEvent, { id, position, size }: Annotation, grip: Grip): void {
  if (event.button !== 0) return;
  event.stopPropagation();
  event.preventDefault();
  documentStore.getState().select([], [], [id]);
  const began: Point = [event.clientX, event.clientY];
  const before: Box = { position, size };
  const zoom = canvasApi()?.zoom() ?? 1;
  const abort = new AbortController();
  const { signal } = abort;
  let box = before;
  const end = (kept: Box) => {
    abort.abort();
    previewBox(id, kept);
    documentStore.getState().resizeAnnotation(id, kept);
    documentStore.getState().endBurst();
  };
  addEventListener(
    'pointermove',
    (moved) => {
      const by = (now: number, then: number) => Math.round((now - then) / zoom / 4) * 4;
      box = resized(before, grip, [by(moved.clientX, began[0]), by(moved.clientY, began[1])]);
      previewBox(id, box);
    },
    { signal },
  );
  addEventListener('pointerup', () => end(box), { signal });
  addEventListener('pointercancel', () => end(before), { signal });
  addEventListener(
    'keydown',
    (pressed) => {
      if (pressed.key !== 'Escape') return;
      pressed.stopPropagation();
      end(before);
    },
    { capture: true, signal },
  );
}
