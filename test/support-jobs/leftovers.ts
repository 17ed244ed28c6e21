import type { ZipContents } from '../support/zip';

/** The file in an archive that lists what could not be archived, and why. */
export const NOTES = '.orchestrator.notes';

/** The text of the archive's notes; empty when there are none. */
export function notesOf(zip: ZipContents): string {
  return zip.names().includes(NOTES) ? zip.text(NOTES) : '';
}

/** Fails unless the archive has the name as a symbolic link, or leaves it out and says so in its notes. */
export function expectLinkOrNote(zip: ZipContents, name: string): void {
  if (zip.names().includes(name)) {
    expect({ name, isLink: zip.isLink(name) }).toEqual({ name, isLink: true });
  } else {
    expect(notesOf(zip)).toContain(name);
  }
}

/** Fails unless the archive leaves the name out and says so in its notes. */
export function expectLeftOut(zip: ZipContents, name: string): void {
  expect(zip.names()).not.toContain(name);
  expect(notesOf(zip)).toContain(name);
}

/** Fails if any entry of the archive, whatever its name, holds this text. */
export function expectNowhere(zip: ZipContents, text: string): void {
  const holders = zip.names().filter((name) => !name.endsWith('/') && zip.bytes(name).includes(text));
  expect(holders).toEqual([]);
}
