import type { Upload } from '@/services/types.generated';

/** What a transfer needs from the outside; the store gives it the HTTP client, tests a pretended one. */
export interface PartSender {
  /** Sends bytes and says how far the server is now; a part at a wrong place is answered by where to go on. */
  put: (offset: number, part: Blob, signal: AbortSignal) => Promise<number>;
  /** How long to wait before trying again for the n-th time; null when the error is final. */
  retryAfter: (error: unknown, tries: number) => number | null;
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  onProgress: (received: number) => void;
  /** The connection is gone (true) or back. */
  onStalled: (stalled: boolean) => void;
}

/** Sends a file from where the server stands to its end, in parts; a lost connection is waited for. */
export async function sendParts(
  file: Blob,
  upload: Pick<Upload, 'received' | 'part_size'>,
  sender: PartSender,
  signal: AbortSignal,
): Promise<void> {
  let received = upload.received;
  let tries = 0;
  while (received < file.size) {
    signal.throwIfAborted();
    try {
      received = await sender.put(received, file.slice(received, received + upload.part_size), signal);
      if (tries > 0) sender.onStalled(false);
      tries = 0;
      sender.onProgress(received);
    } catch (error) {
      signal.throwIfAborted();
      const wait = sender.retryAfter(error, tries);
      if (wait === null) throw error;
      tries += 1;
      sender.onStalled(true);
      await sender.wait(wait, signal);
    }
  }
}
