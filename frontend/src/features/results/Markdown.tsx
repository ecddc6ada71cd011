import { anchorOf, blocksOf, piecesOf } from './markdownBlocks';
import type { Block } from './markdownBlocks';
import styles from './Markdown.module.css';

interface MarkdownProps {
  text: string;
  /** A page of its own: its headings can be led to. A card within a panel otherwise. */
  page?: boolean;
}

/** A model card or a page of the guide as it is meant to be read. */
export function Markdown({ text, page = false }: MarkdownProps) {
  return (
    <div className={styles.text} data-page={page || undefined}>
      {blocksOf(text).map((block, index) => (
        <BlockView key={index} block={block} page={page} />
      ))}
    </div>
  );
}

function BlockView({ block, page }: { block: Block; page: boolean }) {
  switch (block.kind) {
    case 'heading': {
      const Heading = page ? (block.level === 1 ? 'h2' : 'h3') : 'h4';
      return (
        <Heading data-level={block.level} {...(page && { id: anchorOf(block.text) })}>
          <Line text={block.text} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Line text={block.text} />
        </p>
      );
    case 'list':
      return (
        <ul>
          {block.items.map((item, index) => (
            <li key={index}>
              <Line text={item} />
            </li>
          ))}
        </ul>
      );
    case 'code':
      return <pre tabIndex={0}>{block.text}</pre>;
    case 'table':
      return (
        <table>
          <thead>
            <tr>
              {block.head.map((cell, index) => (
                <th key={index} scope="col">
                  <Line text={cell} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>
                    <Line text={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
  }
}

function Line({ text }: { text: string }) {
  return piecesOf(text).map((piece, index) => {
    if (piece.kind === 'strong') return <strong key={index}>{piece.text}</strong>;
    if (piece.kind === 'emphasis') return <em key={index}>{piece.text}</em>;
    if (piece.kind === 'link') return <Link key={index} to={piece.to} text={piece.text} />;
    if (piece.kind === 'code') return <code key={index}>{piece.text}</code>;
    return piece.text;
  });
}

function Link({ to, text }: { to: string; text: string }) {
  if (to.startsWith('#')) return <a href={to}>{text}</a>;
  return (
    <a href={to} target="_blank" rel="noreferrer">
      {text}
    </a>
  );
}
