/** The little of Markdown that model cards and the guide use, as blocks. Text stays text: nothing in it is ever taken for HTML. */

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'code'; text: string }
  | { kind: 'table'; head: string[]; rows: string[][] };

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  const take = (test: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (lines[0] !== undefined && test(lines[0])) taken.push(lines.shift() ?? '');
    return taken;
  };
  while (lines[0] !== undefined) {
    const line = lines[0];
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === '') lines.shift();
    else if (line.startsWith('```')) {
      lines.shift();
      blocks.push({ kind: 'code', text: take((next) => !next.startsWith('```')).join('\n') });
      lines.shift();
    } else if (heading !== null) {
      lines.shift();
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
    } else if (isItem(line)) {
      blocks.push({ kind: 'list', items: take(isItem).map((item) => item.replace(/^\s*[-*]\s+/, '')) });
    } else if (line.startsWith('|')) {
      const [head = [], ...rows] = take((next) => next.startsWith('|')).map(cellsOf);
      blocks.push({
        kind: 'table',
        head,
        rows: rows.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell))),
      });
    } else {
      blocks.push({ kind: 'paragraph', text: take(isText).join(' ') });
    }
  }
  return blocks;
}

function isItem(line: string): boolean {
  return /^\s*[-*]\s+/.test(line);
}

function isText(line: string): boolean {
  return line.trim() !== '' && !isItem(line) && !/^(#{1,6}\s|```|\|)/.test(line);
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split('|')
    .map((cell) => cell.trim());
}

export type Piece =
  | { kind: 'plain' | 'strong' | 'emphasis' | 'code'; text: string }
  | { kind: 'link'; text: string; to: string };

/** A line of text in pieces. Links lead to secure pages of the web and to headings; others are plain text. */
export function piecesOf(text: string): Piece[] {
  return text
    .split(/(\*\*[^*]+\*\*|(?<![\w*])\*[^*\s][^*]*\*(?![\w*])|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/)
    .filter((piece) => piece !== '')
    .map((piece): Piece => {
      const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(piece);
      if (link !== null) {
        const [, words = '', to = ''] = link;
        return /^(?:https:\/\/|#)/.test(to)
          ? { kind: 'link', text: words, to }
          : { kind: 'plain', text: words };
      }
      if (/^\*[^*]+\*$/.test(piece)) return { kind: 'emphasis', text: piece.slice(1, -1) };
      if (piece.startsWith('**') && piece.length > 4) return { kind: 'strong', text: piece.slice(2, -2) };
      if (piece.startsWith('`') && piece.length > 2) return { kind: 'code', text: piece.slice(1, -1) };
      return { kind: 'plain', text: piece };
    });
}

/** What a heading is called in links to it: `Three nodes on one computer` is `three-nodes-on-one-computer`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
