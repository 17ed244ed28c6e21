import { mkdirSync } from 'node:fs';
import { errnoOf } from './errors';

/** Makes a directory that isn't there yet; its parents, too, where somebody took them away. */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // `recursive` would try every time from the bottom, and take an existing one for its own.
    if (errnoOf(error) !== 'ENOENT') {
      throw error;
    }
    mkdirSync(path, { recursive: true });
  }
}
