import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ReceivedForm } from '../common/multipart/receive-form';

/** SHA-256 over all fields and files of an upload, whatever order they came in: equal for a repeat, and only for one. */
export async function digestUpload(form: ReceivedForm, directory: string): Promise<string> {
  const all = createHash('sha256');
  for (const [name, value] of [...form.fields].sort(byFirst)) {
    addText(all, `field ${JSON.stringify([name, value])}`);
  }
  for (const { name } of [...form.files].sort((a, b) => byFirst([a.name], [b.name]))) {
    const content = createHash('sha256');
    await pipeline(createReadStream(join(directory, name)), content);
    addText(all, `file ${JSON.stringify([name, content.digest('hex')])}`);
  }
  return all.digest('hex');
}

function addText(hash: Hash, text: string): void {
  hash.update(`${text}\n`);
}

function byFirst([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return a < b ? -1 : Number(a > b);
}
