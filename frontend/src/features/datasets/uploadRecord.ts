/** What this browser remembers of an upload, so that it can go on after a reload or a day. */
export interface UploadRecord {
  uploadId: string;
  name: string;
  filename: string;
  size: number;
  lastModified: number;
  received: number;
}

const KEY = 'torchwire.uploads';

export function loadRecords(storage: Storage = localStorage): UploadRecord[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isRecord) : [];
  } catch {
    return [];
  }
}

export function saveRecord(record: UploadRecord, storage: Storage = localStorage): void {
  const others = loadRecords(storage).filter(({ uploadId }) => uploadId !== record.uploadId);
  storage.setItem(KEY, JSON.stringify([...others, record]));
}

export function dropRecord(uploadId: string, storage: Storage = localStorage): void {
  const kept = loadRecords(storage).filter((record) => record.uploadId !== uploadId);
  storage.setItem(KEY, JSON.stringify(kept));
}

/** The upload that this file began, if the browser remembers one: same name, size and time of change. */
export function recordOf(file: File, records: readonly UploadRecord[]): UploadRecord | undefined {
  return records.find(
    ({ filename, size, lastModified }) =>
      filename === file.name && size === file.size && lastModified === file.lastModified,
  );
}

function isRecord(value: unknown): value is UploadRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { uploadId, name, filename, size, lastModified, received } = value as Record<string, unknown>;
  return (
    [uploadId, name, filename].every((text) => typeof text === 'string') &&
    [size, lastModified, received].every((number) => typeof number === 'number')
  );
}

const ARCHIVES = /\.(zip|tar|tar\.gz|tgz|tar\.bz2|gz|bz2)$/i;

export function isArchive(filename: string): boolean {
  return ARCHIVES.test(filename);
}

/** A name for the data set, made from the file's and not yet taken. */
export function nameFrom(filename: string, taken: readonly string[]): string {
  const stem = filename.replace(ARCHIVES, '');
  const plain =
    stem
      .normalize('NFKD')
      .replace(/[^\w .+()-]+/g, '-')
      .replace(/^[\W_]+|[\s-]+$/g, '')
      .slice(0, 190) || 'images';
  if (!taken.includes(plain)) return plain;
  for (let number = 2; ; number += 1) {
    const numbered = `${plain}-${number}`;
    if (!taken.includes(numbered)) return numbered;
  }
}
