import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';

const UTF8_BOM = '\uFEFF';

/** A run.sh as an editor on Windows leaves it. */
function withCrlf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}

describe('the text of run.sh', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  /** Completed with this file as if the script had been written on Linux, or ended with a message that names the cause. */
  async function expectMendedOrNamed(
    runSh: string,
    output: [name: string, text: string],
    cause: RegExp,
  ): Promise<void> {
    const id = await pair.submit(runSh);
    const job = await ended(pair, id);
    if (job.status === 'Completed') {
      expect((await pair.result(id)).text(output[0])).toBe(output[1]);
    } else {
      expect(job.status).toMatch(/^(Failed|Invalid)$/);
      expect(job.message).toMatch(cause);
    }
  }

  it('case 13: a script with CRLF line ends is run as meant or refused with a message that says CRLF', async () => {
    await expectMendedOrNamed(withCrlf(script('echo hi > out.txt\nexit 0\n')), ['out.txt', 'hi\n'], /CRLF/);
  });

  it('case 13: a script that fails because of the line ends of a few lines gets a message that says CRLF', async () => {
    const job = await ended(pair, await pair.submit(script('echo hi > out.txt\nexit 0\r')));
    if (job.status !== 'Completed') expect(job.message).toMatch(/CRLF/);
  });

  it('case 13: a script with CRLF and without the trap line ends the same way', async () => {
    const text = withCrlf('#!/bin/bash\nif true; then\n  echo hi > out.txt\nfi\n');
    await expectMendedOrNamed(text, ['out.txt', 'hi\n'], /CRLF/);
  });

  it('case 13: the exit code of a script with CRLF is the one it says', async () => {
    const job = await ended(pair, await pair.submit(withCrlf(script('exit 3\n'))));
    if (job.exit_code === 3) expect(job.status).toBe('Failed');
    else expect(job.message).toMatch(/CRLF/);
  });

  it('case 14: a shebang line with options is no obstacle', async () => {
    const text = script('echo last > out\n').replace(/^#!.*/, '#!/bin/bash -l');
    expect((await pair.result(await pair.submit(text))).text('out')).toBe('last\n');
  });

  it('case 14: a script that begins with a byte order mark is run as meant or refused with a message that names it', async () => {
    const cause = /BOM|byte.order.mark/i;
    await expectMendedOrNamed(UTF8_BOM + script('echo last > out\n'), ['out', 'last\n'], cause);
    await expectMendedOrNamed(`${UTF8_BOM}echo last > out\n`, ['out', 'last\n'], cause);
  });

  it('case 14: the last line of a script counts without a newline behind it', async () => {
    expect((await pair.result(await pair.submit(script('echo last > out')))).text('out')).toBe('last\n');
  });

  it('case 14: the uploaded run.sh comes back byte for byte', async () => {
    const text = script('echo last > out').replace(/^#!.*/, '#!/bin/bash -l');
    expect((await pair.result(await pair.submit(text))).text('run.sh')).toBe(text);
  });
});
