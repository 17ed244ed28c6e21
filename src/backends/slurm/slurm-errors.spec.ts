import { BackendRejectedError, BackendUnavailableError } from '../backend.errors';
import { KNOWN_ERRORS } from './slurm-errno';
import { backendError, kindOfNumber, kindOfText, saidBy } from './slurm-errors';

function refused(...reasons: string[]): string {
  return reasons.map((reason) => `sbatch: error: ${reason}\n`).join('');
}

const FAILED = 'Batch job submission failed: ';

describe('what sbatch says when it fails', () => {
  it.each([
    'Required partition not available (inactive or drain)',
    'Partition in DOWN state',
    'No space left on device',
    'Slurm database connection error',
    'Unable to connect to database',
    'Rate limit exceeded, please retry momentarily',
    'MaxJobCount limit reached',
    'System submissions disabled',
  ])('keeps the job for later: %s', (reason) => {
    expect(kindOfText(refused(FAILED + reason))).toBe('not-now');
  });

  it.each([
    'sbatch: error: Unable to open file /shared/k/run/batch.sh\n',
    'sbatch: fatal: Could not establish a configuration source\n',
    'sbatch: error: ClusterName needs to be specified\nsbatch: fatal: Unable to process configuration file\n',
  ])('of itself, not of the job, keeps it for later: %j', (stderr) => {
    expect(kindOfText(stderr)).toBe('not-now');
  });

  it.each(['', '\n', 'sbatch: fatal\n', 'sbatch: fatal: \n', refused(`${FAILED}Unspecified error`)])(
    'is no word on the job: %j',
    (stderr) => {
      expect(kindOfText(stderr)).toBe('unclear');
    },
  );

  it.each([
    'Invalid partition name specified',
    'Invalid account or account/partition combination specified',
    'Requested time limit is invalid (missing or exceeds some limit)',
    'More processors requested than permitted',
    'Requested reservation is invalid',
    'Access/permission denied',
    'Words that no release that we know of says',
  ])('fails the job: %s', (reason) => {
    expect(kindOfText(refused(FAILED + reason))).toBe('never');
  });

  it('fails the job when its options can not stand together, though sbatch calls that fatal', () => {
    const stderr = 'sbatch: fatal: --mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.\n';
    expect(kindOfText(stderr)).toBe('never');
  });

  it('is read as its worst line, wherever that stands', () => {
    const busy = 'Slurmctld is too busy';
    const timeout = `${FAILED}Socket timed out on send/recv operation`;
    const partition = `${FAILED}Invalid partition name specified`;
    expect(kindOfText(refused(busy, timeout))).toBe('unclear');
    expect(kindOfText(refused(timeout, busy))).toBe('unclear');
    expect(kindOfText(refused(partition, busy))).toBe('not-now');
  });

  it('is shown without its head', () => {
    expect(saidBy('sbatch: error: a: b\nsbatch: fatal: c\nd\n\n')).toBe('a: b; c; d');
    expect(saidBy('sbatch: fatal')).toBe('no reason given');
  });
});

describe('a number in an answer of slurmrestd', () => {
  it.each([
    [0, 'unclear'],
    [-1, 'unclear'],
    [28, 'not-now'],
    [999, 'unclear'],
    [1805, 'not-now'],
    [2000, 'never'],
    [2014, 'after-restart'],
    [2045, 'never'],
    [2050, 'limit'],
    [2070, 'not-now'],
    [2199, 'never'],
    [5004, 'unclear'],
    [6003, 'not-now'],
    [7000, 'not-now'],
    [7106, 'never'],
    [7403, 'not-now'],
    [8000, 'never'],
    [8009, 'not-now'],
    [9001, 'never'],
  ])('%s means %s', (number, kind) => {
    expect(kindOfNumber(number)).toBe(kind);
  });

  it('has one meaning, the same as its words', () => {
    const rows = Object.entries(KNOWN_ERRORS).flatMap(([kind, errors]) =>
      errors.map(([number, text]) => [number, text, kind] as const),
    );
    for (const [number, text, kind] of rows) {
      expect([text, kindOfText(`sbatch: error: ${text}`)]).toEqual([text, kind]);
      expect([text, number === null ? kind : kindOfNumber(number)]).toEqual([text, kind]);
    }
  });
});

describe('a refusal that a controller without its nodes gives, too', () => {
  it('keeps the job while the controller is new to us, and fails it after', () => {
    expect(backendError('after-restart', 'x', true)).toBeInstanceOf(BackendUnavailableError);
    expect(backendError('after-restart', 'x', false)).toBeInstanceOf(BackendRejectedError);
  });
});
