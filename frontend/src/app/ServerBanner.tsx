import { Banner } from '@/components/ui/Banner';
import { useReachable } from '@/services/reachability';

/** Says that the server is away; goes by itself when it is back. */
export function ServerBanner() {
  const reachable = useReachable();
  if (reachable) return null;
  return (
    <Banner tone="offline" title="The Torchwire server can’t be reached.">
      You can go on editing: it is kept in this browser and saved when the server is back. Trying again…
    </Banner>
  );
}
