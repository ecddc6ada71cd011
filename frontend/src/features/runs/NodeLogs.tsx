import { useQuery } from '@tanstack/react-query';
import { ArrowDownToLine, Copy, Download, FolderDown, ScrollText } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { SearchField } from '@/components/ui/TextField';
import { toast } from '@/components/ui/toasts';
import { copyText } from '@/lib/copyText';
import { count, counted } from '@/lib/run/format';
import { joinLogs, ranksIn, useLiveLog, writtenBy } from '@/lib/run/logStore';
import type { LogEntry } from '@/lib/run/logStore';
import { useNodeRun, useRunState } from '@/lib/run/runStore';
import { isNodeOver } from '@/lib/run/types';
import { useVirtualRows } from '@/lib/virtualRows';
import { logFilesUrl, logsQuery } from '@/services/queries/useLogs';

import styles from './NodeLogs.module.css';

const LINE_PX = 18;
const ALL = 'all';

/** What a node writes, as it writes it: the tail is followed until one scrolls up. */
export function NodeLogs({ nodeId }: { nodeId: string }) {
  const runId = useRunState((view) => view.runId);
  const known = useNodeRun(nodeId) !== undefined;
  if (runId === null || !known) {
    return (
      <EmptyState icon={<ScrollText />} title="No log yet">
        Submit the pipeline; what this node writes appears here line by line.
      </EmptyState>
    );
  }
  return <Log key={`${runId}/${nodeId}`} runId={runId} nodeId={nodeId} />;
}

function Log({ runId, nodeId }: { runId: string; nodeId: string }) {
  const stored = useQuery(logsQuery(runId, nodeId));
  const live = useLiveLog(nodeId);
  const node = useNodeRun(nodeId);
  const over = node?.status;
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const all = useMemo(() => joinLogs(entriesOf(stored.data), live), [stored.data, live]);
  const ranks = useMemo(() => ranksIn(all), [all]);
  const [process, setProcess] = useState(ALL);
  const shown = useMemo(() => {
    const ofProcess = process === ALL ? all : writtenBy(all, Number(process));
    return matching(ofProcess, search);
  }, [all, process, search]);

  if (stored.isPending) {
    return (
      <div className={styles.loading}>
        <Skeleton height={12} lines={10} />
      </div>
    );
  }
  if (stored.isError && all.length === 0) {
    return (
      <ErrorState title="The log can’t be shown" error={stored.error} onRetry={() => void stored.refetch()} />
    );
  }
  return (
    <div className={styles.log}>
      <div className={styles.tools}>
        <SearchField label="Search the log" value={search} onValueChange={setSearch} />
        {ranks.length > 0 && (
          <Select
            label="Process"
            value={process}
            onValueChange={setProcess}
            quiet
            options={[
              { value: ALL, label: 'All processes' },
              ...['rank 0', ...ranks].map((rank) => ({
                value: rank.slice('rank '.length),
                label: `Rank ${rank.slice('rank '.length)}`,
              })),
            ]}
          />
        )}
        <IconButton
          label={follow ? 'Stop following the end' : 'Follow the end'}
          pressed={follow}
          icon={<ArrowDownToLine />}
          onClick={() => {
            setFollow(!follow);
          }}
        />
        <IconButton label="Copy the log" icon={<Copy />} onClick={() => void copy(shown)} />
        <IconButton
          label="Download the log"
          icon={<Download />}
          onClick={() => {
            download(all, `${nodeId}.log`);
          }}
        />
        {node?.attempt != null && (
          <IconButton
            label="Download all log files, with curves for TensorBoard"
            icon={<FolderDown />}
            onClick={() => {
              window.location.assign(logFilesUrl(runId, nodeId));
            }}
          />
        )}
      </div>
      {all.length === 0 ? (
        <EmptyState
          icon={<ScrollText />}
          title={over !== undefined && isNodeOver(over) ? 'No output' : 'No output yet'}
        >
          {over !== undefined && isNodeOver(over)
            ? 'This node wrote nothing in this run.'
            : 'Lines appear here as the node writes them.'}
        </EmptyState>
      ) : (
        <Lines entries={shown} search={search} follow={follow} onFollow={setFollow} />
      )}
      <p className={styles.foot} role="status">
        {shown.length === all.length
          ? counted(all.length, 'line')
          : `${count(shown.length)} of ${count(all.length)} lines`}
        {!follow && search === '' && all.length > 0 && (
          <Button
            size="sm"
            variant="ghost"
            onClick={() => {
              setFollow(true);
            }}
          >
            Paused. Go on following
          </Button>
        )}
      </p>
    </div>
  );
}

interface LinesProps {
  entries: readonly LogEntry[];
  search: string;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

function Lines({ entries, search, follow, onFollow }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows({ count: entries.length, box, rowHeight: LINE_PX, overscan: 30 });
  const digits = String(entries.length).length;
  const start = entries[0]?.time ?? 0;

  useLayoutEffect(() => {
    if (follow && entries.length > 0) virtual.scrollToIndex(entries.length - 1, { align: 'end' });
  }, [follow, entries.length, virtual]);

  // Scrolling up by hand stops the following; reaching the end again goes on with it.
  const last = useRef(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const onScroll = () => {
      const up = element.scrollTop < last.current - 1;
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < LINE_PX;
      last.current = element.scrollTop;
      if (up && !atEnd) onFollow(false);
      else if (atEnd) onFollow(true);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      element.removeEventListener('scroll', onScroll);
    };
  }, [onFollow]);

  return (
    <div ref={box} className={styles.lines} role="log" aria-label="Log lines" tabIndex={0}>
      <div className={styles.all} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          if (entry === undefined) return null;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtual.measureElement}
              className={cx(styles.line, entry.stream === 'stderr' && styles.stderr)}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span className={styles.time} style={{ minWidth: `${Math.max(6, digits)}ch` }}>
                {(entry.time - start).toFixed(1)}
              </span>
              {entry.stream.startsWith('rank ') && <span className={styles.rank}>{entry.stream}</span>}
              <span className={styles.text}>
                <Marked text={entry.text} search={search} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  const at = search === '' ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className={styles.mark}>{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}

function entriesOf(lines: readonly [number, number, string, string][] | undefined): readonly LogEntry[] {
  return (lines ?? []).map(([seq, time, stream, text]) => ({ seq, time, stream, text }));
}

function matching(entries: readonly LogEntry[], search: string): readonly LogEntry[] {
  if (search === '') return entries;
  const wanted = search.toLowerCase();
  return entries.filter(({ text }) => text.toLowerCase().includes(wanted));
}

function asText(entries: readonly LogEntry[]): string {
  return entries.map(({ text }) => text).join('\n');
}

async function copy(entries: readonly LogEntry[]): Promise<void> {
  if (await copyText(asText(entries))) toast({ title: `${counted(entries.length, 'line')} copied` });
  else toast({ title: 'The browser did not allow copying', tone: 'warning' });
}

function download(entries: readonly LogEntry[], name: string): void {
  const url = URL.createObjectURL(new Blob([`${asText(entries)}\n`], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
