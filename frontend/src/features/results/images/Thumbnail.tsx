import { ImageOff } from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';

import { imageUrl } from '@/services/queries/usePreview';

import styles from './Thumbnail.module.css';

interface ThumbnailProps {
  digest: string;
  imageId: string;
  alt: string;
  /** Pixels asked of the server; twice what is drawn, for dense screens. */
  size?: number;
  /** Ask for it only when it has been here for so long, in ms, as it begins: it may be scrolled past. */
  wait?: number;
}

/** A small picture made by the server, in a square that has its size before the picture comes. */
export const Thumbnail = memo(
  function Thumbnail({ digest, imageId, alt, size = 160, wait = 0 }: ThumbnailProps) {
    const [broken, setBroken] = useState(false);
    const [waiting] = useState(wait);
    const picture = useRef<HTMLImageElement>(null);
    const address = imageUrl(digest, imageId, size);
    useEffect(() => {
      const image = picture.current;
      if (image === null) return;
      const timer = waiting > 0 ? setTimeout(() => (image.src = address), waiting) : undefined;
      return () => {
        clearTimeout(timer);
        // What is scrolled past must not keep what is in sight waiting.
        if (!image.isConnected && !image.complete) image.removeAttribute('src');
      };
    }, [address, waiting]);
    return (
      <span className={styles.square} data-loading={broken ? undefined : ''}>
        {broken ? (
          <ImageOff aria-label={`${alt} can’t be shown`} />
        ) : (
          <img
            ref={picture}
            src={waiting > 0 ? undefined : address}
            alt={alt}
            loading="lazy"
            decoding="async"
            draggable={false}
            // No state: a hundred pictures that come would be drawn a hundred times anew.
            onLoad={({ currentTarget }) => currentTarget.parentElement?.removeAttribute('data-loading')}
            onError={() => {
              setBroken(true);
            }}
          />
        )}
      </span>
    );
  },
  (before, after) =>
    before.digest === after.digest &&
    before.imageId === after.imageId &&
    before.alt === after.alt &&
    before.size === after.size,
);
