import { useEffect, useState } from 'react';

import { isNear } from './gridWindow';

const FLIGHT = 120;

/** The pages to ask for: at once while one scrolls, after a moment of rest when one has flown past others. */
export function useSettled(pages: readonly number[]): readonly number[] {
  const [settled, setSettled] = useState(pages);
  const near = isNear(settled, pages);
  const key = pages.join();
  const isSame = settled.join() === key;
  if (near && !isSame) setSettled(pages);
  useEffect(() => {
    if (near) return;
    const timer = setTimeout(() => {
      setSettled(key.split(',').map(Number));
    }, FLIGHT);
    return () => {
      clearTimeout(timer);
    };
  }, [near, key]);
  return near ? pages : settled;
}
