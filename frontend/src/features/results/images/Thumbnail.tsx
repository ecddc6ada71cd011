import { ImageOff } from 'lucide-react';
import { useState } from 'react';

import { cx } from '@/components/ui/cx';
import { imageUrl } from '@/services/queries/usePreview';

import styles from './Thumbnail.module.css';

interface ThumbnailProps {
  digest: string;
  imageId: string;
  alt: string;
  /** Pixels asked of the server; twice what is drawn, for dense screens. */
  size?: number;
}

/** A small picture made by the server, in a square that has its size before the picture comes. */
export function Thumbnail({ digest, imageId, alt, size = 160 }: ThumbnailProps) {
  const [state, setState] = useState<'loading' | 'there' | 'broken'>('loading');
  return (
    <span className={cx(styles.square, state === 'loading' && styles.loading)}>
      {state === 'broken' ? (
        <ImageOff aria-label={`${alt} can’t be shown`} />
      ) : (
        <img
          src={imageUrl(digest, imageId, size)}
          alt={alt}
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => {
            setState('there');
          }}
          onError={() => {
            setState('broken');
          }}
        />
      )}
    </span>
  );
}
