/** The mark: the flame of a torch on a wire. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden>
      <path d="M2 25h8.6M21.4 25H30" stroke="var(--text-faint)" strokeWidth="2.4" strokeLinecap="round" />
      <path
        d="M16.2 2.5c.9 4.6 7 7.4 7 14.3a7.2 7.2 0 0 1-14.4 0c0-2.9 1.3-4.9 2.9-6.5.2 1.9 1 3 2.1 3.5-.1-4.3.4-8.3 2.4-11.3Z"
        fill="var(--accent)"
      />
      <path
        d="M16.4 13.2c.4 2.5 3.2 3.5 3.2 6.4a3.6 3.6 0 0 1-7.2 0c0-1.6.8-2.6 1.6-3.5.2.9.6 1.4 1.2 1.7 0-2 .4-3.4 1.2-4.6Z"
        fill="var(--surface)"
        fillOpacity="0.85"
      />
      <circle cx="16" cy="25" r="3.2" fill="var(--surface)" stroke="var(--accent)" strokeWidth="2.4" />
    </svg>
  );
}
