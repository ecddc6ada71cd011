import { useQuery } from '@tanstack/react-query';
import { Pause, Play, X } from 'lucide-react';
import { Slider } from 'radix-ui';
import { useEffect, useMemo, useRef, useState } from 'react';

import { ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Spinner } from '@/components/ui/Spinner';
import { clock } from '@/lib/run/format';
import { runStore, showMoment, showPresent, useRunState } from '@/lib/run/runStore';
import { createTimeline, type Timeline } from '@/lib/run/timeline';
import type { Run, RunEvent } from '@/lib/run/types';
import { api } from '@/services/http';
import type { EventsAnswer } from '@/services/types.generated';

import styles from './ReplayBar.module.css';

const PAGE = 1000;
/** However long a run was, playing all of it takes about this long. */
const PLAY_SECONDS = 20;
const FRAME_MS = 80;

interface ReplayBarProps {
  runId: string;
  onClose: () => void;
}

/** A slider over the time of a run: the canvas, curves and figures show how it stood at that moment. */
export function ReplayBar({ runId, onClose }: ReplayBarProps) {
  const events = useQuery({
    queryKey: ['events', runId],
    queryFn: ({ signal }) => fetchEvents(runId, signal),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  // The run as it was when the slider was opened: what comes later is shown when it is closed.
  const [run] = useState<Run | null>(() => runStore.getState().run);
  const timeline = useMemo(
    () => (run === null || events.data === undefined ? null : createTimeline(run, events.data)),
    [run, events.data],
  );
  useEffect(() => showPresent, []);
  return (
    <section
      className={styles.bar}
      aria-label="Replay of the run"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      {events.isError ? (
        <ErrorState
          title="The run can’t be replayed"
          error={events.error}
          onRetry={() => void events.refetch()}
        />
      ) : timeline === null ? (
        <span className={styles.loading}>
          <Spinner /> Reading the events…
        </span>
      ) : (
        <Player timeline={timeline} />
      )}
      <IconButton label="End the replay" size="sm" icon={<X />} onClick={onClose} tooltipSide="top" />
    </section>
  );
}

function Player({ timeline }: { timeline: Timeline }) {
  const { start, end, marks } = timeline;
  const length = Math.max(0.001, end - start);
  const [at, setAt] = useState(end);
  const [playing, setPlaying] = useState(false);
  const known = useRunState((view) => view.run?.id);

  useEffect(() => {
    if (known !== undefined) showMoment(timeline.at(at));
  }, [timeline, at, known]);

  const place = useRef(at);
  useEffect(() => {
    place.current = at;
  }, [at]);
  useEffect(() => {
    if (!playing) return;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const next = Math.min(end, place.current + ((now - last) / 1000) * (length / PLAY_SECONDS));
      last = now;
      setAt(next);
      if (next >= end) setPlaying(false);
    }, FRAME_MS);
    return () => {
      clearInterval(timer);
    };
  }, [playing, end, length]);

  return (
    <>
      <IconButton
        label={playing ? 'Pause' : 'Play the run'}
        size="sm"
        icon={playing ? <Pause /> : <Play />}
        tooltipSide="top"
        onClick={() => {
          if (!playing && at >= end) setAt(start);
          setPlaying(!playing);
        }}
      />
      <span className={styles.time}>{clock(at - start)}</span>
      <Slider.Root
        className={styles.slider}
        min={0}
        max={1000}
        step={1}
        value={[Math.round(((at - start) / length) * 1000)]}
        onValueChange={([value = 0]) => {
          setPlaying(false);
          setAt(value >= 1000 ? end : start + (value / 1000) * length);
        }}
      >
        <Slider.Track className={styles.track}>
          <Slider.Range className={styles.range} />
          {marks.map(({ time, node, kind }, index) => (
            <span
              key={index}
              className={styles.mark}
              data-kind={kind}
              data-node={node}
              style={{ left: `${((time - start) / length) * 100}%` }}
            />
          ))}
        </Slider.Track>
        <Slider.Thumb
          className={styles.thumb}
          aria-label="Moment of the run"
          aria-valuetext={`${clock(at - start)} of ${clock(length)}`}
        />
      </Slider.Root>
      <span className={styles.time}>{clock(length)}</span>
    </>
  );
}

async function fetchEvents(runId: string, signal: AbortSignal): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let more = true; more;) {
    const after = events.at(-1)?.seq ?? 0;
    const path = `runs/${encodeURIComponent(runId)}/events?after=${after}&limit=${PAGE}`;
    const page = await api.get<EventsAnswer>(path, { signal });
    events.push(...page.events);
    more = page.more && page.events.length > 0;
  }
  return events;
}
