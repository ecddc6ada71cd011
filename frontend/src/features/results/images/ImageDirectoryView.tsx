import { useState } from 'react';

import { Badge } from '@/components/ui/Badge';
import { count, counted } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { usePreview } from '@/services/queries/usePreview';
import type { ConversionReport, ImageDirectoryPreview, ImageRecord } from '@/services/types.generated';

import { CategoryBars } from './CategoryBars';
import styles from './ImageDirectoryView.module.css';
import { ImageGrid } from './ImageGrid';
import type { ImageItem } from './imageItem';
import { Thumbnail } from './Thumbnail';

interface ImageDirectoryViewProps {
  output: OutputRef;
  first: ImageDirectoryPreview;
  compact: boolean;
}

/** The images of a directory with their labels, how many there are of each, and what was done and left out. */
export function ImageDirectoryView({ output, first, compact }: ImageDirectoryViewProps) {
  return compact ? <Glance first={first} /> : <Whole output={output} first={first} />;
}

function Glance({ first }: { first: ImageDirectoryPreview }) {
  const skipped = first.report?.skipped_total ?? 0;
  return (
    <div className={styles.glance}>
      <p className={styles.badges}>
        <Badge>{counted(first.total, 'image')}</Badge>
        {first.labelled ? (
          <Badge>{counted(first.categories.length, 'category', 'categories')}</Badge>
        ) : (
          <Badge>unlabelled</Badge>
        )}
        {first.transformation !== null && <Badge tone="info">for {first.transformation.mode}</Badge>}
        {skipped > 0 && <Badge tone="warning">{counted(skipped, 'file')} left out</Badge>}
      </p>
      <div className={styles.strip}>
        {first.images.slice(0, 8).map((image) => (
          <Thumbnail key={image.id} digest={first.digest} imageId={image.id} alt={titleOf(image)} size={96} />
        ))}
      </div>
    </div>
  );
}

function Whole({ output, first }: { output: OutputRef; first: ImageDirectoryPreview }) {
  const [category, setCategory] = useState<string | null>(null);
  const filtered = usePreview<ImageDirectoryPreview>(
    output,
    { limit: 1, category: category ?? undefined },
    category !== null,
  );
  const known = first.categories.find(({ name }) => name === category)?.count;
  const total = category === null ? first.total : (known ?? filtered.data?.total ?? 0);
  return (
    <div className={styles.whole}>
      <aside className={styles.side}>
        {first.labelled ? (
          <CategoryBars
            categories={first.categories}
            total={first.total}
            chosen={category}
            onChoose={setCategory}
          />
        ) : (
          <p className={styles.quiet}>{counted(first.total, 'image')}, unlabelled</p>
        )}
        {first.transformation !== null && <Transformation transformation={first.transformation} />}
        {first.report !== null && <Report report={first.report} />}
      </aside>
      <ImageGrid<ImageDirectoryPreview, ImageItem & ImageRecord>
        key={category ?? ''}
        label="Images"
        target={output}
        params={{ category: category ?? undefined }}
        total={total}
        digest={first.digest}
        pick={itemsOf}
        landmarks={
          category === null
            ? first.categories.flatMap(({ name, first: index }) => (index === null ? [] : [{ name, index }]))
            : []
        }
        details={(image) => (
          <p>
            <strong>{image.category ?? 'No label'}</strong>
            <span className={styles.quiet}>
              {' '}
              · {image.width} × {image.height} · {image.path}
            </span>
          </p>
        )}
      />
    </div>
  );
}

function itemsOf(page: ImageDirectoryPreview): readonly (ImageItem & ImageRecord)[] {
  return page.images.map((image) => ({ ...image, title: titleOf(image), caption: image.category ?? '' }));
}

function titleOf(image: ImageRecord): string {
  return image.path.split('/').at(-1) ?? image.path;
}

function Transformation({
  transformation,
}: {
  transformation: NonNullable<ImageDirectoryPreview['transformation']>;
}) {
  return (
    <section>
      <h3 className={styles.heading}>Transformed for {transformation.mode}</h3>
      <ol className={styles.steps}>
        {transformation.steps.map((step, index) => (
          <li key={index}>{step}</li>
        ))}
      </ol>
      <p className={styles.quiet}>Applied when images are loaded; the pictures here are as they came.</p>
    </section>
  );
}

function Report({ report }: { report: ConversionReport }) {
  return (
    <section>
      <h3 className={styles.heading}>Report</h3>
      <p className={styles.quiet}>
        {counted(report.converted, 'image')} converted, {counted(report.duplicates, 'duplicate')},{' '}
        {counted(report.skipped_total, 'file')} left out
      </p>
      {report.skipped.length > 0 && (
        <ul className={styles.skipped} aria-label="Files left out">
          {report.skipped.map(({ path, reason }) => (
            <li key={path}>
              <span className={styles.path}>{path}</span>
              <span className={styles.quiet}>{reason}</span>
            </li>
          ))}
          {report.skipped_total > report.skipped.length && (
            <li className={styles.quiet}>and {count(report.skipped_total - report.skipped.length)} more</li>
          )}
        </ul>
      )}
    </section>
  );
}
