// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';

import { dropRecord, isArchive, loadRecords, nameFrom, recordOf, saveRecord } from './uploadRecord';

const record = {
  uploadId: 'u',
  name: 'flowers',
  filename: 'flowers.zip',
  size: 3,
  lastModified: 7,
  received: 1,
};

describe('remembered uploads', () => {
  beforeEach(() => {
    localStorage.clear();
  });

  it('are found again by the same file only', () => {
    saveRecord(record);
    const same = new File(['abc'], 'flowers.zip', { lastModified: 7 });
    const edited = new File(['abc'], 'flowers.zip', { lastModified: 8 });
    expect(recordOf(same, loadRecords())).toEqual(record);
    expect(recordOf(edited, loadRecords())).toBeUndefined();
  });

  it('are replaced and dropped by their id', () => {
    saveRecord(record);
    saveRecord({ ...record, received: 2 });
    expect(loadRecords()).toEqual([{ ...record, received: 2 }]);
    dropRecord('u');
    expect(loadRecords()).toEqual([]);
  });

  it('survive what others wrote into the storage', () => {
    localStorage.setItem('torchwire.uploads', '[{"uploadId": 3}, null]');
    expect(loadRecords()).toEqual([]);
    localStorage.setItem('torchwire.uploads', 'nonsense');
    expect(loadRecords()).toEqual([]);
  });
});

describe('names of data sets', () => {
  it.each([
    ['flowers.zip', 'flowers'],
    ['my photos.tar.gz', 'my photos'],
    ['__MACOSX.zip', 'MACOSX'],
    ['Übung/1.zip', 'U-bung-1'],
    ['….zip', 'images'],
  ])('come from %s as %s', (filename, name) => {
    expect(nameFrom(filename, [])).toBe(name);
  });

  it('are numbered when taken', () => {
    expect(nameFrom('a.zip', ['a', 'a-2'])).toBe('a-3');
  });

  it('need an archive', () => {
    expect(isArchive('a.TGZ')).toBe(true);
    expect(isArchive('a.png')).toBe(false);
  });
});
