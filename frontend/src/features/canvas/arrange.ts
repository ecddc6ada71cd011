/** What is done to a selection by a command: notes and sections, lining up, joining, tidying. Loaded when needed. */

import { announce } from '@/lib/announce';
import { aligned, distributed, type Side } from '@/lib/document/align';
import { boxAround, holds, NOTE_SIZE, resized, SECTION_SIZE, type Box } from '@/lib/document/annotations';
import { documentStore, type DocumentState } from '@/lib/document/documentStore';
import { joinFor } from '@/lib/document/joinFor';
import { layoutPositions, type Size } from '@/lib/document/layout';
import type { Annotation, Point } from '@/lib/document/types';
import { catalogStore, nodeTitle } from '@/lib/modules/catalog';
import { canvasUi } from './canvasUi';
import { drawnBoxes, flowStore } from './flowStore';
import { refuse } from './wiring';

/** A node that learns shows its curves below its name; leave them room. */
const ROOM_FOR_CURVES = 190;

const ALIGNED: Readonly<Record<Side, string>> = {
  left: 'Align left edges',
  centre: 'Align middles across',
  right: 'Align right edges',
  top: 'Align upper edges',
  middle: 'Align middles downwards',
  bottom: 'Align lower edges',
};

/** Add a note around `middle`, or a section around what is selected, and write its text. */
export async function annotate(kind: Annotation['kind'], middle: Point): Promise<void> {
  // The field has to be there when the first letter comes.
  await import('./AnnotationNode');
  const chosen = chosenBoxes();
  const size = kind === 'note' ? NOTE_SIZE : SECTION_SIZE;
  const box: Box =
    kind === 'section' && chosen.size > 0
      ? boxAround([...chosen.values()])
      : { position: [middle[0] - size[0] / 2, middle[1] - size[1] / 2], size };
  const id = documentStore.getState().addAnnotation(kind, box);
  announce(kind === 'note' ? 'Note added.' : 'Section added.');
  canvasUi.setState({ renaming: id });
}

export function align(side: Side): void {
  documentStore.getState().applyLayout(aligned(chosenBoxes(), side), ALIGNED[side]);
  announce(`${ALIGNED[side]}.`);
}

export function distribute(axis: 0 | 1): void {
  const label = axis === 0 ? 'Space out across' : 'Space out downwards';
  documentStore.getState().applyLayout(distributed(chosenBoxes(), axis), label);
  announce(`${label}.`);
}

/** Move the lower right corner of every selected note and section. */
export function growAnnotations(dx: number, dy: number): void {
  const { annotations, selectedAnnotations, resizeAnnotation } = documentStore.getState();
  for (const one of annotations) {
    if (selectedAnnotations.has(one.id)) resizeAnnotation(one.id, resized(one, [1, 1], [dx, dy]));
  }
}

/** Join the two selected nodes by the first ports that fit, the upper one feeding the lower one if it can. */
export function joinSelected(): void {
  const state = documentStore.getState();
  const { modules } = catalogStore.getState();
  const [a, b] = [...state.selection]
    .flatMap((id) => state.nodes[id] ?? [])
    .sort((one, other) => one.position[1] - other.position[1]);
  if (!a || !b) return;
  const found = joinFor(state, modules, a, b);
  if ('reason' in found) {
    refuse(b.id, found.reason);
    return;
  }
  state.connect(found.from, found.to);
  const title = (id: string) => {
    const node = state.nodes[id];
    return node ? nodeTitle(node, modules) : id;
  };
  announce(`Joined ${title(found.from[0])} to ${title(found.to[0])}.`);
}

/** Lay out the selection when it holds several nodes, else everything; sections stay around their nodes. */
export function tidy(done: () => void): void {
  const state = documentStore.getState();
  const { modules } = catalogStore.getState();
  const sizes = new Map(
    flowStore.getState().nodes.flatMap((node): [string, Size][] => {
      const { width, height } = node.measured ?? {};
      if (width === undefined || height === undefined || node.type !== 'module') return [];
      const learns = modules.get(node.data.moduleId)?.distributed === true;
      return [[node.id, { width, height: learns ? Math.max(height, ROOM_FOR_CURVES) : height }]];
    }),
  );
  const several = state.selection.size > 1;
  const chosen = several ? state.selection : undefined;
  const sections = membersOf(state.annotations, state.nodes, drawnBoxes());
  const positions = layoutPositions(state, sizes, modules, chosen, sections);
  const frames = [...sections].flatMap(([id, members]): [string, Box][] => {
    const inside = [...members].flatMap((member): Box[] => {
      const position = positions.get(member) ?? state.nodes[member]?.position;
      const size = sizes.get(member);
      return position && size ? [{ position, size: [size.width, size.height] }] : [];
    });
    const moves = [...members].some((member) => positions.has(member));
    return moves && inside.length > 0 ? [[id, boxAround(inside)]] : [];
  });
  state.applyLayout(positions, undefined, new Map(frames));
  announce('Layout tidied.');
  if (!several) done();
}

/** The nodes of each section, counted to the smallest that holds them. */
function membersOf(
  annotations: readonly Annotation[],
  nodes: DocumentState['nodes'],
  boxes: ReadonlyMap<string, Box>,
): Map<string, Set<string>> {
  const sections = annotations
    .filter(({ kind }) => kind === 'section')
    .sort((a, b) => a.size[0] * a.size[1] - b.size[0] * b.size[1]);
  const members = new Map<string, Set<string>>();
  for (const [id, box] of boxes) {
    const section = nodes[id] && sections.find((one) => holds(one, box));
    if (section) members.set(section.id, (members.get(section.id) ?? new Set()).add(id));
  }
  return members;
}

/** The boxes of everything that is selected. */
function chosenBoxes(): Map<string, Box> {
  const { selection, selectedAnnotations } = documentStore.getState();
  return new Map([...drawnBoxes()].filter(([id]) => selection.has(id) || selectedAnnotations.has(id)));
}
