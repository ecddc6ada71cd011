const NAMES: Readonly<Record<string, string>> = {
  python: 'Python',
  torch: 'torch',
  torchvision: 'torchvision',
  torchwire: 'Torchwire',
  ray: 'Ray',
};

/** `Python 3.12 · torch 2.15.0`: the versions that people know; digests of code are for machines. */
export function versionWords(versions: Readonly<Record<string, string>>): string {
  return Object.entries(NAMES)
    .flatMap(([key, name]) => (versions[key] === undefined ? [] : [`${name} ${versions[key]}`]))
    .join(' · ');
}
