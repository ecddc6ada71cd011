import { ApiError, api } from '@/services/http';
import { documentStore, type DocumentState } from './documentStore';

/** What the server is asked about the open document again and again, while it is edited. */
export interface StandingQuestion<A> {
  readonly path: string;
  /** How long to wait after an edit for the next one, in ms. */
  readonly quiet: number;
  /** How long an answer to the same document holds, in ms. */
  readonly holds: number;
  readonly onAnswer: (answer: A) => void;
  /** There is nothing to ask about, the server can't be reached, or nobody asks any more. */
  readonly onNothing: () => void;
  /** The document has moved on from what the last answer was about. */
  readonly onEdited?: () => void;
  /** An answer is on its way. */
  readonly onAsking?: () => void;
}

export interface Following {
  /** Keep the answer up to date until the returned function is called. */
  follow: () => () => void;
  /** What lies on the server came or went: ask anew. */
  refresh: () => void;
}

const MOST_KEPT = 24;

export function standingQuestion<A>(question: StandingQuestion<A>): Following {
  const kept = new Map<string, { answer: A; at: number }>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;
  let following = false;

  const later = (wait: number) => {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    timer = setTimeout(() => void ask(), wait);
  };

  async function ask(): Promise<void> {
    const state = documentStore.getState();
    if (state.order.length === 0 || state.viewing !== null) {
      question.onNothing();
      return;
    }
    const key = keyOf(state);
    const known = kept.get(key);
    if (known && Date.now() - known.at < question.holds) {
      question.onAnswer(known.answer);
      return;
    }
    const request = new AbortController();
    asking = request;
    question.onAsking?.();
    try {
      const body = { pipeline: state.toDocument() };
      const answer = await api.post<A>(question.path, body, { signal: request.signal });
      if (request.signal.aborted) return;
      keep(key, answer);
      question.onAnswer(answer);
    } catch (error) {
      if (request.signal.aborted) return;
      question.onNothing();
      if (!(error instanceof ApiError)) throw error;
    }
  }

  function keep(key: string, answer: A): void {
    kept.delete(key);
    kept.set(key, { answer, at: Date.now() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  }

  return {
    follow: () => {
      following = true;
      const stop = documentStore.subscribe((now, before) => {
        if (!moved(now, before)) return;
        question.onEdited?.();
        later(now.pipelineId === before.pipelineId ? question.quiet : 0);
      });
      later(0);
      return () => {
        stop();
        following = false;
        clearTimeout(timer);
        asking?.abort();
        question.onNothing();
      };
    },
    refresh: () => {
      kept.clear();
      if (following) later(question.quiet);
    },
  };
}

function moved(now: DocumentState, before: DocumentState): boolean {
  return (
    now.nodes !== before.nodes ||
    now.wires !== before.wires ||
    now.defaultComputeTarget !== before.defaultComputeTarget ||
    now.viewing !== before.viewing ||
    now.pipelineId !== before.pipelineId
  );
}

/** All that answers depend on: not how nodes lie or are called. */
export function keyOf({ nodes, order, wires, defaultComputeTarget }: DocumentState): string {
  return JSON.stringify([
    order.map((id) => {
      const node = nodes[id];
      return (
        node && [
          id,
          node.module,
          node.version,
          node.parameters,
          node.compute_target,
          node.resources,
          node.regenerate_output,
        ]
      );
    }),
    wires,
    defaultComputeTarget,
  ]);
}
