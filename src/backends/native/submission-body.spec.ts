import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { SubmissionBody } from './submission-body';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'submission-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function bytesOf(body: SubmissionBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.bytes()) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** As another program reads the form. */
async function filesOf(body: SubmissionBody): Promise<[string, string, Buffer][]> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is slow for servers; here it is a second opinion
  const form = await new Response(await bytesOf(body), { headers: { 'content-type': body.contentType } }).formData();
  const files: [string, string, Buffer][] = [];
  for (const [field, value] of form) {
    files.push([field, (value as File).name, Buffer.from(await (value as File).arrayBuffer())]);
  }
  return files;
}

/** How many files of the directory this process has open. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      return false;
    }
  }).length;
}

const LARGE = Buffer.alloc(700_001, 'between two reads ');

describe('SubmissionBody', () => {
  it('is a form of all files, in the order of their names, byte for byte, its length known before', async () => {
    const files: Record<string, Buffer> = {
      'run.sh': Buffer.from('echo hi\n'),
      'empty.dat': Buffer.alloc(0),
      'large.bin': LARGE,
      'ends.txt': Buffer.from('\r\n--\r\n'),
      'größe ß.pdb': Buffer.from([0, 255, 13, 10]),
    };
    Object.entries(files).forEach(([name, content]) => writeFileSync(join(directory, name), content));
    const body = await SubmissionBody.of(directory);
    expect((await bytesOf(body)).length).toBe(body.contentLength);
    const names = Object.keys(files).sort();
    expect(await filesOf(body)).toEqual(names.map((name) => [name, name, files[name]]));
  });

  it('writes a quote in a name as the Rust program does', async () => {
    writeFileSync(join(directory, 'say "hi"; x=1.txt'), 'x');
    const text = (await bytesOf(await SubmissionBody.of(directory))).toString();
    expect(text).toContain('name="say \\"hi\\"; x=1.txt"; filename="say \\"hi\\"; x=1.txt"\r\n');
  });

  it('can be sent again, with the same bytes', async () => {
    writeFileSync(join(directory, 'large.bin'), LARGE);
    const body = await SubmissionBody.of(directory);
    expect((await bytesOf(body)).equals(await bytesOf(body))).toBe(true);
  });

  it('is a form without parts where there is no file', async () => {
    const body = await SubmissionBody.of(directory);
    expect((await bytesOf(body)).length).toBe(body.contentLength);
    expect(await bytesOf(body)).toEqual(Buffer.from(`--${body.contentType.split('boundary=')[1]}--\r\n`));
  });

  it('closes its file when the attempt is given up in the middle', async () => {
    writeFileSync(join(directory, 'large.bin'), LARGE);
    let chunks = 0;
    for await (const chunk of (await SubmissionBody.of(directory)).bytes()) {
      chunks += chunk.length > 0 ? 1 : 0;
      if (chunks === 2) {
        break;
      }
    }
    expect(chunks).toBe(2);
    await eventually(() => openFiles() === 0);
  });
});
