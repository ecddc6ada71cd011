import { FileJson } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { toast } from '@/components/ui/toasts';
import { faultStore } from '@/lib/document/faultStore';
import { type ImportResult, readDocument } from './exchange';
import styles from './ImportDrop.module.css';
import { useProjects } from './useProjects';

const ImportFaults = lazy(() =>
  import('./ImportFaults').then((module) => ({ default: module.ImportFaults })),
);

interface ImportDropProps {
  /** Called with the function that opens the file picker. */
  children: (chooseFile: () => void) => ReactNode;
  /** A dropped file that is no pipeline document, such as an archive with images. */
  onOtherFile?: (file: File) => void;
}

interface Asked {
  fileName: string;
  result: ImportResult;
}

/**
 * Lets pipelines be imported: by a file picker, or by dropping a file anywhere on the window. It may be the document, or
 * a model that was made by it.
 */
export function ImportDrop({ children, onOtherFile }: ImportDropProps) {
  const projects = useProjects();
  const input = useRef<HTMLInputElement>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const over = useFileDrag((file) => void sort(file));

  async function sort(file: File): Promise<void> {
    if (/\.json$/i.test(file.name) || file.type === 'application/json') return take(file);
    const model = /\.zip$/i.test(file.name) ? await modelOf(file) : null;
    if (model) return take(model);
    if (onOtherFile) onOtherFile(file);
    else
      toast({
        title: `‘${file.name}’ is not a pipeline`,
        description: 'Drop a .json document.',
        tone: 'warning',
      });
  }

  async function take(file: File): Promise<void> {
    try {
      const result = await readDocument(file);
      if (result.kind === 'refused' || result.faults.length > 0) setAsked({ fileName: file.name, result });
      else await open(result);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'It can’t be read.';
      setAsked({ fileName: file.name, result: { kind: 'refused', message, faults: [] } });
    }
  }

  async function open(result: ImportResult & { kind: 'document' }): Promise<void> {
    const record = await projects.create(result.document, 'The pipeline was not imported');
    if (!record) return;
    setAsked(null);
    toast({
      title:
        result.source === 'model'
          ? `Restored ‘${record.name}’, which made this model`
          : `Imported ‘${record.name}’`,
      tone: 'success',
    });
    if (result.faults.length > 0) setTimeout(() => faultStore.getState().show(result.faults), 400);
  }

  const result = asked?.result;
  return (
    <>
      {children(() => input.current?.click())}
      <input
        ref={input}
        type="file"
        accept=".json,application/json,.zip,application/zip"
        hidden
        aria-label="Pipeline file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file) void sort(file);
        }}
      />
      {over && (
        <div className={styles.over} aria-hidden>
          <div className={styles.words}>
            <FileJson />
            Drop a pipeline or a model to open it, or an archive of images to upload it
          </div>
        </div>
      )}
      {asked && result && (
        <Suspense fallback={null}>
          <ImportFaults
            fileName={asked.fileName}
            message={result.kind === 'refused' ? result.message : null}
            faults={result.faults}
            onOpenAnyway={result.kind === 'document' ? () => void open(result) : null}
            onClose={() => setAsked(null)}
          />
        </Suspense>
      )}
    </>
  );
}

/** What a model in a zip says of itself; null for other archives, and for those that can't be read. */
async function modelOf(file: File): Promise<File | null> {
  try {
    const { modelIn } = await import('./modelArchive');
    return await modelIn(file);
  } catch {
    return null;
  }
}

/** Whether a file is being dragged over the window; drops that nothing else took arrive at `onFile`. */
function useFileDrag(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  const take = useRef(onFile);
  useEffect(() => {
    take.current = onFile;
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const isTaken = (event: DragEvent) =>
      event.target instanceof Element && event.target.closest('[data-file-drop], [role="dialog"]') !== null;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event) || event.defaultPrevented || isTaken(event)) return;
      event.preventDefault();
      setOver(true);
      clearTimeout(timer);
      timer = setTimeout(() => setOver(false), 200);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      setOver(false);
      if (event.defaultPrevented || isTaken(event)) return;
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) take.current(file);
    };
    addEventListener('dragover', onOver);
    addEventListener('drop', onDrop);
    return () => {
      clearTimeout(timer);
      removeEventListener('dragover', onOver);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return over;
}
