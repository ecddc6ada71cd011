/** Finds what a model says of itself in the zip that it was downloaded as, without reading its weights. */

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LONGEST_END = 22 + 65_535;
const LARGEST = 20 * 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;
const MODEL = /^(?:[^/]+\/)?model\.json$/;
const FORMAT = /"format"\s*:\s*"torchwire\/(?:untrained-)?model"/;

interface Entry {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/** The `model.json` of such a zip, under the zip's own name; null where the file is anything else. */
export async function modelIn(file: File): Promise<File | null> {
  const entry = await findEntry(file);
  if (!entry || entry.size > LARGEST || entry.packed > LARGEST) return null;
  const head = await view(file, entry.at, 30);
  const from = entry.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const bytes = await file.slice(from, from + entry.packed).arrayBuffer();
  const text = new TextDecoder().decode(await unpacked(bytes, entry.method));
  return FORMAT.test(text) ? new File([text], file.name, { type: 'application/json' }) : null;
}

async function findEntry(file: File): Promise<Entry | null> {
  const tailAt = Math.max(0, file.size - LONGEST_END);
  const tail = await view(file, tailAt, LONGEST_END);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) return null;
  const size = tail.getUint32(end + 12, true);
  if (size > LARGEST) return null;
  const list = await view(file, tail.getUint32(end + 16, true), size);
  for (let at = 0; at + 46 <= list.byteLength && list.getUint32(at, true) === ENTRY;) {
    const length = list.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(list.buffer, at + 46, length));
    if (MODEL.test(name)) {
      return {
        method: list.getUint16(at + 10, true),
        packed: list.getUint32(at + 20, true),
        size: list.getUint32(at + 24, true),
        at: list.getUint32(at + 42, true),
      };
    }
    at += 46 + length + list.getUint16(at + 30, true) + list.getUint16(at + 32, true);
  }
  return null;
}

async function view(file: Blob, from: number, length: number): Promise<DataView> {
  return new DataView(await file.slice(from, from + length).arrayBuffer());
}

async function unpacked(bytes: ArrayBuffer, method: number): Promise<ArrayBuffer | Uint8Array> {
  if (method === STORED) return bytes;
  if (method !== DEFLATED) return new Uint8Array();
  const { body } = new Response(bytes);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body?.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    parts.push(next.value);
    size += next.value.byteLength;
    if (size > LARGEST) throw new Error('It unpacks to more than 20 MB.');
  }
  const whole = new Uint8Array(size);
  parts.reduce((at, part) => (whole.set(part, at), at + part.byteLength), 0);
  return whole;
}
